"""Where a learner stands in an epoch, and what a complete one adds to the statistics."""

from __future__ import annotations

from typing import Any

from attrs import evolve, frozen

from ..snapshot import Position, Slots, Stats
from .tally import RunningTally, Tally


class Epoch:
    """
    An epoch under way: how far it is and the errors so far.

    Args:
        number: Complete epochs before it.
        kinds: What is measured.
        tally: Where the errors are added up.

    Attributes:
        batch: Batches learnt.
        since: The first batch that counts for the errors.
        seconds: Seconds of compute.
        result: What it adds to the statistics; None till it is complete.
    """

    def __init__(self, number: int, kinds: tuple[str, ...], tally: Tally | RunningTally) -> None:
        self.number = number
        self.batch = 0
        self.since = 0
        self.seconds = 0.0
        self.result: EpochResult | None = None
        self._added: tuple[Stats, Stats] | None = None
        self._kinds = kinds
        self._tally = tally

    @property
    def inside(self) -> int:
        """How many batches far it is inside: 0 before the first, and once it is complete."""
        return self.batch if self.result is None else 0

    def record(self, first: int, sums: Any, sizes: Any = None) -> None:
        """Keep the sums over each batch's samples, (kinds, batches), from batch ``first`` on, and the sizes."""
        self._tally.record(first, sums, sizes)

    def recount(self, kinds: tuple[str, ...], *, another_loss: bool = False) -> None:
        """Measure other kinds from here on; what was measured so far counts no more if they or the loss differ."""
        if another_loss or kinds != self._kinds:
            self._kinds = kinds
            self._tally.restart(kinds)
            self.since = self.batch

    def means(self, feed: Any) -> dict[str, float]:
        """Return each kind's mean over the samples from `since` on; NaN if there are none."""
        return self._tally.means(self.since, feed)

    def samples(self, feed: Any) -> int:
        """Return the samples of the epoch, which is complete."""
        return self._tally.samples(feed)

    def counted(self, stats: Stats, steps: int) -> Stats:
        """
        Return ``stats`` behind so many steps, with this epoch if it is complete and they lack it.

        Asked twice for the same, it returns the same.
        """
        if self.result is None or stats.epochs > self.number:
            return evolve(stats, steps=steps)
        if self._added is None or self._added[0] is not stats:
            self._added = stats, self.result.into(stats, steps)
        return self._added[1]

    def position(self, data: tuple[Any, ...]) -> Position | None:
        """Return this place as a value; None at the beginning and at the end."""
        if not self.inside:
            return None
        return Position(self.batch, Slots(self._tally.values(self.batch)), self.since, self.seconds, data)

    def resume(self, position: Position | None, data: tuple[Any, ...]) -> None:
        """Go to a place, if it is one in this very data; its errors count if they are of the kinds measured now."""
        if position is None or position.data != data:
            return
        self.batch, self.seconds = position.batch, position.seconds
        counts = self._tally.restore(position.sums, position.batch)
        self.since = position.since if counts else position.batch


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
