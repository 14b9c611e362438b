"""One process's part of every batch of a data set."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import OptionError
from ..joint import Joint
from .feed import Feed
from .sent import SentFeed


class ShardFeed(Feed):
    """
    A `Feed` that gives each process a part of every batch, so that any number of them learns the same at a time.

    Args:
        joint: The processes.
        *args: As for a feed.
        in_place: Divide a last batch that is smaller as if the samples that it lacks were there, so that each stays
            where what layers carry on from the batch before belongs; otherwise into equal parts.
        **options: As for a feed.

    Attributes:
        everywhere: The most samples in a batch, in all processes together.

    Raises:
        OptionError: If a batch has fewer samples than there are processes.
    """

    def __init__(self, joint: Joint, *args: Any, in_place: bool = False, **options: Any) -> None:
        self._joint = joint
        self._in_place = in_place
        super().__init__(*args, **options)

    def start(self, order: np.ndarray | None) -> None:
        """Begin an epoch in the order given, that of all processes; None for the data's own."""
        self._everyones = order
        super().start(self._own(np.arange(self.whole) if order is None else order))

    def size(self, index: int) -> int:
        """Return how many samples the mean over batch ``index`` is taken of: everyone's, or one's own."""
        return len(self._batch(index)) if self._joint.every is None else max(1, super().size(index))

    def within(self, index: int) -> slice:
        """Return which samples of batch ``index`` are this process's."""
        return self._part(len(self._batch(index)))

    def total(self, first: int = 0) -> float:
        """Return how often the samples of everyone from batch ``first`` on count together."""
        start = min(first * self.everywhere, self.whole)
        if self._weights is None:
            return float(self.whole - start)
        counts = self._weights if self._everyones is None else self._weights[self._everyones]
        return float(counts[start:].sum(dtype=np.float64))

    def _divide(self, n: int, batch: int) -> None:
        if batch < self._joint.size:
            raise OptionError(
                f"batches of {batch} cannot be shared by {self._joint.size} processes; batch= must be as many at least"
            )
        self.everywhere = batch
        self.n_batches = self.most = -(-n // batch)
        self.batch = self._length(batch)
        self.n = n // batch * self.batch + self._length(n % batch)

    def _own(self, rows: np.ndarray) -> np.ndarray:
        """Return this process's part of every batch, one behind the other."""
        full = self.whole // self.everywhere * self.everywhere
        part, rest = self._part(self.everywhere), self._part(self.whole - full)
        return np.concatenate(
            [rows[:full].reshape(-1, self.everywhere)[:, part].reshape(-1), rows[full:][rest]]
        )

    def _length(self, n: int) -> int:
        part = self._part(n)
        return part.stop - part.start

    def _part(self, n: int) -> slice:
        """Return which of the n samples of a batch are this process's."""
        first, last = self._joint.part(self.everywhere if self._in_place else n)
        return slice(min(first, n), min(last, n))

    def _batch(self, index: int) -> range:
        start = index * self.everywhere
        return range(start, min(start + self.everywhere, self.whole))


class SentShardFeed(ShardFeed, SentFeed):
    """The same of a data set that stays on the host; sent is nothing but this process's part."""
