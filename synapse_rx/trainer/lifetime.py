"""What becomes of trainings at the end of the process, and in its forks."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from concurrent.futures import wait
from contextlib import suppress
from weakref import WeakSet

from .lines import LINES
from .loops import forget_background, settle_background
from .process import SETTINGS
from .run import TrainingRun
from .workers import WORKERS, configured_slots

EXIT_SECONDS = 1.0
"""How long the interpreter's exit waits for trainings to stop."""

RUNS: WeakSet[TrainingRun] = WeakSet()
"""Every run that somebody still holds."""

log = logging.getLogger("synapse_rx")


def _at_exit() -> None:
    _stop_what_trains()
    settle_background(EXIT_SECONDS)
    _tell_what_failed()


def _stop_what_trains() -> None:
    """Ask what still trains to stop, and give it a moment: a script that forgets to wait ends cleanly."""
    turns = LINES.everyone()
    if not turns:
        return
    for turn in turns:
        with suppress(Exception):  # a validator may refuse the status; it stops all the same
            turn.trainer.stop()
    wait([turn.trainer.outcome for turn in turns], EXIT_SECONDS)
    print(
        f"synapse_rx: {len(turns)} training(s) still running at exit were stopped; wait for them with "
        "`await run` or run.result()",
        file=sys.stderr,
    )


def _tell_what_failed() -> None:
    """Log failures that nobody asked about; asyncio does so when the run goes away, which is too late now."""
    for run in list(RUNS):
        if run.done() and getattr(run, "_log_traceback", False):
            log.error("%r, and nobody asked why", run, exc_info=run.exception())


def _in_forked_child() -> None:
    """Begin anew: a forked child has none of the threads, and locks that nobody will release."""
    RUNS.clear()
    LINES.__init__()
    WORKERS.__init__(configured_slots())
    SETTINGS.forget()
    forget_background()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_forked_child)
