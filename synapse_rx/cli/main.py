"""Read the command line, do what it says, turn every error into one line and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

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
    try:
        return _run(arguments)
    finally:
        for stream in (sys.stdout, sys.stderr):
            _flush_or_drop(stream)


def _run(arguments: Sequence[str] | None) -> int:
    traceback = False
    try:
        try:
            options = parse(arguments)
            traceback = options.traceback
            return options.command(options)
        finally:
            print(end="", flush=True)  # here, where what goes wrong is still told
    except KeyboardInterrupt:
        print("synapse-rx: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        return FAILED
    except (SynapseError, OSError) as error:
        if traceback:
            raise
        print(f"synapse-rx: {error}", file=sys.stderr)
        return FAILED


def _flush_or_drop(stream: TextIO | None) -> None:
    """Send what cannot be written to nowhere: the interpreter would complain about it at its end."""
    if stream is None:  # it was closed before the program began
        return
    try:
        stream.flush()
    except (OSError, ValueError):
        _drop(stream)


def _drop(stream: TextIO) -> None:
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
