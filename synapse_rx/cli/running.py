"""Train what the command line describes, with a display, till it is done or Ctrl-C."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from attrs import frozen

from ..errors import MissingExtraError
from ..snapshot import Net
from ..subscribers import Progress
from ..trainer import TrainingRun, train
from .job import Job

LOOK = 0.5
"""Seconds between two looks for Ctrl-C, which on Windows does not end a wait by itself."""


@frozen
class Outcome:
    """
    What came of a training.

    Attributes:
        net: The last snapshot.
        interrupted: Whether Ctrl-C ended it early.
    """

    net: Net
    interrupted: bool


class LeaveAtOnce(KeyboardInterrupt):
    """The second Ctrl-C."""


def train_job(work: Job, *, backend: str | None, quiet: bool) -> Outcome:
    """
    Train till the end; the first Ctrl-C stops gracefully.

    Raises:
        LeaveAtOnce: After the second one.
    """
    with _display(work, quiet):
        run = train(work.net, work.data, work.epochs, backend=backend)
        try:
            return Outcome(_wait(run), interrupted=False)
        except KeyboardInterrupt:
            run.stop()
            print(
                "stopping; what was learnt is kept (Ctrl-C again leaves at once)", file=sys.stderr, flush=True
            )
        try:
            return Outcome(_wait(run), interrupted=True)
        except KeyboardInterrupt:
            raise LeaveAtOnce from None


def _wait(run: TrainingRun) -> Net:
    while not run.wait(LOOK):
        continue
    return run.result()


def _display(work: Job, quiet: bool) -> AbstractContextManager[Any]:
    if quiet:
        return nullcontext()
    try:
        return Progress(work.net, epochs=work.epochs)
    except MissingExtraError as error:
        print(f"no live display: {error}", file=sys.stderr)
        return nullcontext()
