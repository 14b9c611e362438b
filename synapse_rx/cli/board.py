"""The dashboard of a training on the command line."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Generator
from contextlib import contextmanager, suppress
from time import sleep

from ..dashboards import Dashboard, dashboard
from ..errors import OptionError
from ..subscribers import History
from .job import Job
from .running import LOOK

CAPACITY = 50
"""Snapshots that the page can go back to."""


@contextmanager
def shown(options: Namespace, work: Job) -> Generator[Dashboard | None]:
    """
    Serve the dashboard that ``--dashboard`` asks for, and tell its address on standard error; None where it does not.

    Raises:
        MissingExtraError: If what serves it is not installed.
        OptionError: If the port is out of range, or is given without a dashboard.
        OSError: If the port is taken.
    """
    if not options.dashboard:
        if options.port is not None or options.stay:
            raise OptionError("--port and --stay are for the dashboard; ask for it with --dashboard")
        yield None
        return
    with History(work.net, capacity=CAPACITY) as history:
        with dashboard(work.net, port=options.port or 0, history=history, data=work.data) as board:
            print(f"dashboard: {board.url}", file=sys.stderr, flush=True)
            yield board


def stay(options: Namespace) -> None:
    """Go on serving till Ctrl-C, if that is asked for: with ``--stay``, or else where somebody sits at a terminal."""
    if not (_is_attended() if options.stay is None else options.stay):
        return
    with suppress(KeyboardInterrupt):
        print("the dashboard stays until Ctrl-C", file=sys.stderr, flush=True)
        while True:
            sleep(LOOK)  # a wait that Windows cannot interrupt must end by itself


def _is_attended() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()
