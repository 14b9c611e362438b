"""The workers that a run lost, and when that is enough."""

from __future__ import annotations

from ..errors import WorkerLost
from ..snapshot import Event, Net

MOST_LOSSES = 3
"""Workers that a run may lose without an epoch in between."""


class Losses:
    """
    Counts, lest one network take down worker after worker.

    Attributes:
        all: What was said of each, oldest first.
    """

    def __init__(self) -> None:
        self.all: list[WorkerLost] = []
        self._epochs = -1  # complete epochs at the last one
        self._since = 0  # without an epoch in between

    def bear(self, loss: WorkerLost, base: Net) -> Event:
        """
        Take one more, for a run that goes on from ``base``; return the event for its history.

        Raises:
            WorkerLost: If it was one too many.
        """
        self.all.append(loss)
        how = base.training
        self._since = self._since + 1 if how.stats.epochs == self._epochs else 1
        self._epochs = how.stats.epochs
        if self._since >= MOST_LOSSES:
            raise WorkerLost(f"{loss}: number {MOST_LOSSES} that was lost within one epoch")
        batch = 0 if how.state.position is None else how.state.position.batch
        return Event(self._epochs, batch, "worker", f"{loss}; goes on from epoch {self._epochs}")
