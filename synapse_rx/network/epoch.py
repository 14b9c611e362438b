"""Where a learner stands in an epoch, and what a complete one adds to the statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen

from ..snapshot import Position, Slots, Stats


class Epoch:
    """
    An epoch under way: how far it is and the errors so far.

    Attributes:
        number: Complete epochs before it.
        batch: Batches learnt.
        since: The first batch that counts for the errors.
        seconds: Seconds of compute.
    """

    def __init__(self, number: int, kinds: tuple[str, ...], batches: int) -> None:
        self.number = number
        self.batch = 0
        self.since = 0
        self.seconds = 0.0
        self._kinds = kinds
        self._sums = np.zeros((len(kinds), batches))

    def record(self, first: int, sums: np.ndarray) -> None:
        """Keep the sums over each batch's samples, (kinds, batches), from batch ``first`` on."""
        self._sums[:, first : first + sums.shape[1]] = sums

    def recount(self, kinds: tuple[str, ...], *, another_loss: bool = False) -> None:
        """Measure other kinds from here on; what was measured so far counts no more if they or the loss differ."""
        if another_loss or kinds != self._kinds:
            self._kinds = kinds
            self._sums = np.zeros((len(kinds), self._sums.shape[1]))
            self.since = self.batch

    def means(self, counted: float) -> dict[str, float]:
        """Return each kind's mean over the samples from `since` on, which count so often together; NaN if none."""
        with np.errstate(all="ignore"):
            means = self._sums[:, self.since :].sum(axis=1) / np.float64(counted)
        return dict(zip(self._kinds, means.tolist(), strict=True))

    def position(self, data: tuple[Any, ...]) -> Position | None:
        """Return this place as a value; None at the beginning."""
        if not self.batch:
            return None
        sums = {kind: self._sums[row, : self.batch].copy() for row, kind in enumerate(self._kinds)}
        return Position(self.batch, Slots(sums), self.since, self.seconds, data)

    def resume(self, position: Position | None, data: tuple[Any, ...]) -> None:
        """Go to a place, if it is one in this very data; its errors count if they are of the kinds measured now."""
        if position is None or position.data != data:
            return
        self.batch, self.seconds = position.batch, position.seconds
        if set(position.sums) != set(self._kinds):
            self.since = position.batch
            return
        self.since = position.since
        for row, kind in enumerate(self._kinds):
            self._sums[row, : position.batch] = position.sums[kind]


@frozen
class EpochResult:
    """What a complete epoch adds to the statistics."""

    loss: float
    training: dict[str, float]
    validation: dict[str, float]
    learning_rate: float
    seconds: float
    samples: int

    def into(self, stats: Stats, steps: int) -> Stats:
        """Return ``stats`` with this epoch added."""
        return stats.with_epoch(
            steps=steps,
            loss=self.loss,
            training=self.training,
            validation=self.validation,
            learning_rate=self.learning_rate,
            seconds=self.seconds,
            samples=self.samples,
        )
