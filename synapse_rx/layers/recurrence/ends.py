"""Where the sequences of a batch end."""

from __future__ import annotations

import numpy as np

from ...scratch import Scratch
from ...typing import Array
from ..gather import count_up
from .time import over_time


class Ends:
    """
    Which steps of each sample count: those before its end.

    Attributes:
        counts: 1 where a step counts, 0 behind the end, (T, N, 1).
        lengths: Steps that count, whole numbers, (N,).
    """

    __slots__ = ("_behind", "counts", "lengths")

    def __init__(self, steps: int, s: Scratch) -> None:
        self.counts = over_time(s, "counts", steps, 1)
        self.lengths = s.array("lengths", (), np.int64)
        self._behind = s.array("behind", (steps,), np.bool_).reshape(steps, s.n, 1)

    def find(self, lengths: Array, s: Scratch) -> None:
        """
        Take down the lengths: steps numbered below a sample's length count, from 0.

        Shapes:
            lengths (N, 1), of any floating-point type
        """
        steps = len(self.counts)
        before = count_up(s, "steps", steps, dtype=s.dtype)[:, None, None]
        s.xp.less(before, lengths[None], out=self._behind)
        s.xp.copyto(self.counts, self._behind)
        s.xp.sum(self._behind, axis=(0, 2), out=self.lengths)
        s.xp.logical_not(self._behind, out=self._behind)

    def clear(self, x: Array, s: Scratch) -> None:
        """Write zeros behind the ends of x (T, N, width), whatever is there, be it NaN."""
        s.xp.copyto(x, 0, where=self._behind)


def padded_lengths(x: Array, padding: float, s: Scratch) -> Array:
    """
    Return how many steps are left without the trailing ones that are ``padding`` everywhere, (N, 1).

    Shapes:
        x (N, T, features)
    """
    steps = x.shape[1]
    differs = s.array("differs", x.shape[1:], np.bool_)
    s.xp.not_equal(x, padding, out=differs)
    holds = s.array("holds", (steps,), np.bool_)
    counted = s.array("counted", (steps,))
    lengths = s.array("padded_lengths", (1,))
    s.xp.any(differs, axis=2, out=holds)
    s.xp.multiply(holds, count_up(s, "steps", steps, 1, s.dtype), out=counted)
    s.xp.max(counted, axis=1, keepdims=True, out=lengths)
    return lengths
