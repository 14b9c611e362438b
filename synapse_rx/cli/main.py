"""Read the command line, do what it says, turn every error into one line and an exit status."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..errors import SynapseError
from .parser import parser

FAILED, INTERRUPTED = 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run one command.

    Args:
        arguments: What stands behind ``synapse-rx``; by default the program's own.

    Returns:
        The exit status: 0, 1 for an error (one line on standard error), 130 after Ctrl-C. Wrong usage exits with 2.
    """
    options = parser().parse_args(arguments)
    try:
        return options.command(options)
    except KeyboardInterrupt:
        print("synapse-rx: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        return FAILED
    except (SynapseError, OSError) as error:
        if options.traceback:
            raise
        print(f"synapse-rx: {error}", file=sys.stderr)
        return FAILED
