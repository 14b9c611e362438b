"""Several threads of one process as a group."""

from __future__ import annotations

from threading import Barrier, BrokenBarrierError
from typing import Any

import numpy as np

from ..data.options import check_count
from ..errors import CollectiveError
from ..typing import Array


def thread_collectives(size: int, *, timeout: float = 60.0) -> tuple[ThreadCollective, ...]:
    """
    Return a group for so many networks of one process, one `Collective` for each.

        one, two = thread_collectives(2)
        runs = train(net, data, 5, reduce=one), train(other, data, 5, reduce=two)

    It is for trying out and for tests; a large network trains as fast on several BLAS threads.

    Args:
        size: How many.
        timeout: Seconds that one waits for the others.

    Raises:
        OptionError: If the size is no whole number >= 1.
    """
    group = _Group(check_count("size", size, 1), timeout)
    return tuple(ThreadCollective(group, rank) for rank in range(size))


class _Group:
    """What the members share: where they meet, and what each brought."""

    def __init__(self, size: int, timeout: float) -> None:
        self.size = size
        self.timeout = timeout
        self.barrier = Barrier(size)
        self.brought: list[Any] = [None] * size
        self.result: Any = None


class ThreadCollective:
    """
    One thread among several of a process (`Collective`).

    Sums are taken in the order of ranks, each thread adding up its part.
    """

    on_device = False

    def __init__(self, group: _Group, rank: int) -> None:
        self._group = group
        self.rank = rank
        self.size = self.neighbours = group.size

    def all_reduce(self, array: Array, *, patient: bool = False) -> None:
        """Replace numbers by their sums over all threads (`Collective`)."""
        group, flat = self._group, array.reshape(-1)
        self._bring(flat, patient)
        if self.rank == 0:
            group.result = np.empty_like(flat)
        self._meet(patient=False)
        part = slice(flat.size * self.rank // self.size, flat.size * (self.rank + 1) // self.size)
        total = group.result[part]
        total[...] = group.brought[0][part]
        for other in group.brought[1:]:
            total += other[part]
        self._meet(patient=False)
        flat[...] = group.result
        self._meet(patient=False)

    def broadcast(self, array: Array, root: int = 0) -> None:
        """Replace numbers by those of thread ``root`` (`Collective`)."""
        flat = array.reshape(-1)
        self._bring(flat, patient=False)
        if self.rank != root:
            flat[...] = self._group.brought[root]
        self._meet(patient=False)

    def abort(self) -> None:
        """Let all that wait, now or later, get an error."""
        self._group.barrier.abort()

    def close(self) -> None:
        """Leave."""
        self.abort()

    def _bring(self, flat: Array, patient: bool) -> None:
        """Put an array where the others see it; return when all have."""
        group = self._group
        group.brought[self.rank] = flat
        self._meet(patient)
        kinds = {(other.size, other.dtype) for other in group.brought}
        if len(kinds) > 1:
            self.abort()
            raise CollectiveError(f"threads that train together brought different arrays: {kinds}")

    def _meet(self, patient: bool) -> None:
        try:
            self._group.barrier.wait(None if patient else self._group.timeout)
        except BrokenBarrierError:
            raise CollectiveError(
                f"another thread of this group failed, left or did not come within {self._group.timeout:g} s"
            ) from None
