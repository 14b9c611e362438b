"""What `Fleet.train` returns: a training under way in another process."""

from __future__ import annotations

import asyncio
from typing import cast

from ..errors import WorkerLost
from ..snapshot import Net
from ..trainer import TrainingRun
from ..trainer.trainer import Trainer
from .answer import Answer
from .mirror import Mirror


class RemoteRun(TrainingRun):
    """
    A training in a worker of a fleet, to be used as a `TrainingRun` is: awaited, stopped, paused, cancelled, streamed.

    ``run.net`` is its cell here. What is swapped into it is sent; what the worker tells is merged into it. Cancelling
    reaches the worker, and the run is over when the worker says so.
    """

    def __init__(self, mirror: Mirror, *, loop: asyncio.AbstractEventLoop, name: str) -> None:
        self._mirror = mirror
        super().__init__(cast(Trainer, mirror), loop=loop, name=name)

    @property
    def worker(self) -> str | None:
        """The name of the worker where it is; None if it waits for one or is over."""
        post = self._mirror.post
        return None if post is None else post.name

    @property
    def losses(self) -> tuple[WorkerLost, ...]:
        """What was said of the workers that it lost, oldest first; each is an event in its history as well."""
        return tuple(self._mirror.losses)

    @property
    def behind(self) -> int:
        """By how many epochs the statistics in the cell are newer than its parameters."""
        return self._mirror.behind

    @property
    def delay(self) -> float:
        """Seconds from what was published last in the worker till it was in the cell, by the clocks of both."""
        return self._mirror.delay

    def snapshot(self) -> Answer[Net]:
        """Ask for the newest snapshot, parameters included: ``await run.snapshot()``. It is in the cell then, too."""
        return Answer(self._mirror.snapshot())

    def confirmed(self) -> Answer[None]:
        """Return what is there once the worker has taken in all that was asked until now: ``await run.confirmed()``."""
        return Answer(self._mirror.confirmation())

    def __repr__(self) -> str:
        return f"<RemoteRun{super().__repr__().removeprefix('<TrainingRun')}"
