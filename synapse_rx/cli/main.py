"""Read the command line, do what it says, turn every error into one line and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from ..errors import SynapseError
from .parser import parse
from .status import FAILED, INTERRUPTED


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run one command.

    Args:
        arguments: What stands behind ``synapse-rx``; by default the program's own.

    Returns:
        The exit status: 0, 1 for an error (one line on standard error), 130 after Ctrl-C.

    Raises:
        SystemExit: With 2 for wrong usage, with 0 after --help and --version.
    """
    traceback = False
    try:
        try:
            options = parse(arguments)
            traceback = options.traceback
            return options.command(options)
        finally:
            sys.stdout.flush()  # here, where what goes wrong is still told
    except KeyboardInterrupt:
        print("synapse-rx: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return FAILED
    except (SynapseError, OSError) as error:
        if traceback:
            raise
        print(f"synapse-rx: {error}", file=sys.stderr)
        return FAILED


def _drop_output() -> None:
    """Send what is left to nowhere: nobody reads it, and the interpreter would complain about that at its end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
