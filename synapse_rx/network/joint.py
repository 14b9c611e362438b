"""The processes that train one network together, as the engine of one of them sees the others."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import numpy as np

from ..backends import Backend
from ..collectives import Collective
from ..typing import Array


class Joint:
    """
    Sums and means over all processes, wherever the arrays are, and which part of a batch is this one's.

    Args:
        collective: What carries the numbers.
        backend: Where this process computes.
        every: None to learn every batch together, each process a part of it; or so many steps that each learns alone,
            on its part of the batches, before parameters are averaged.

    Attributes:
        whole: The samples of the batch at hand, in all processes together.
        mine: This process's samples of it, or of what it looks on with if it has none.
        mute: Whether this process adds nothing to sums, since it has no part of the batch at hand.
    """

    def __init__(self, collective: Collective, backend: Backend, every: int | None = None) -> None:
        self.rank, self.size = collective.rank, collective.size
        self.every = every
        self.whole = self.mine = 1
        self.mute = False
        self._collective = collective
        self._staged = backend.remote and not collective.on_device
        self._backend = backend

    def part(self, n: int) -> tuple[int, int]:
        """Return the first of n samples that is this process's, and the one behind its last."""
        return n * self.rank // self.size, n * (self.rank + 1) // self.size

    def rows(self, own: int) -> int:
        """Return how many rows all processes have where this one has ``own``: several a sample within sequences."""
        return own // self.mine * self.whole

    def sum(self, array: Array) -> None:
        """Replace numbers by their sums over all processes; those on a device go over the host if they must."""
        if self.mute:
            array.fill(0)
        if self._staged and not isinstance(array, np.ndarray):
            host = self._backend.to_host(array)
            self._collective.all_reduce(host)
            array[...] = self._backend.from_host(host)
        else:
            self._collective.all_reduce(array)

    def mean(self, array: Array) -> None:
        """Replace numbers by their means over all processes."""
        self.sum(array)
        array *= array.dtype.type(1 / self.size)

    def gathered(self, value: Array, mine: int, whole: int) -> Array:
        """Return what belongs to the samples of a whole batch, (whole * rows, ...), given that of one's own."""
        rows = len(value) // mine
        first, last = self.part(whole)
        found = self._backend.xp.zeros((whole * rows, *value.shape[1:]), value.dtype)
        found[first * rows : last * rows] = value
        self.sum(found)
        return found

    def part_of(self, value: Array, whole: int) -> Array:
        """Return one's own part of what `gathered` returned, for whatever number of processes."""
        rows = len(value) // whole
        first, last = self.part(whole)
        return value[first * rows : last * rows]

    def part_ways(self, generator: Any) -> None:
        """
        Let this process draw other numbers than the others, from a generator that all have in one state.

        What it draws follows from that state, which is that of process 0 and so the one in snapshots.
        """
        if not self.rank:
            return
        jumped = getattr(getattr(generator, "bit_generator", None), "jumped", None)
        if jumped is not None:
            # As far as all draw as much, whoever goes on from a snapshot draws what would have been drawn.
            generator.bit_generator.state = jumped(self.rank).state
            return
        state = self._backend.generator_state(generator)
        own = self._backend.generator([crc32(repr(state).encode()), self.rank])
        self._backend.restore(generator, self._backend.generator_state(own))
