"""
Random numbers from a counter: the same sequence on every backend, its state three whole numbers.

Generators on a device keep states of megabytes there, which no snapshot should hold. Here number i of a sequence is a
function of i alone, written in terms of the array module, so that what numpy proves holds for a device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import pi
from typing import Any

import numpy as np

from ..typing import Array

NAME = "splitmix64"
_MASK = 2**64 - 1
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


class CounterGenerator:
    """
    Draws as far as layers want it: ``random`` and ``standard_normal`` into memory that is there.

    SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", 2014, figure 11), mixing the
    constants of Stafford's variant 13: number i is mix(start + i * gamma) modulo 2**64, where start and the odd gamma
    come from the seed.

    Args:
        xp: The array module.
        seed: Whatever `numpy.random.SeedSequence` takes.
    """

    def __init__(self, xp: Any, seed: Any) -> None:
        self._xp = xp
        self._start, gamma = map(int, np.random.SeedSequence(seed).generate_state(2, np.uint64))
        self._gamma = _odd(gamma)
        self._count = 0
        self._at: Any = (
            None  # where the device keeps the count, and how many numbers were drawn from there on
        )
        self._ahead = 0
        self._room: list[Array] = []

    @property
    def state(self) -> tuple[str, int, int, int]:
        """What the next numbers depend on: a name, start, gamma, and how many numbers were drawn."""
        return NAME, self._start, self._gamma, self._count

    @state.setter
    def state(self, state: tuple[str, int, int, int]) -> None:
        _, self._start, self._gamma, self._count = state

    def random(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Array:
        """Draw from [0, 1), all multiples of 2**-24 (float32) or 2**-53 (float64) alike likely."""
        out = self._made(size, dtype, out)
        bits = self._bits(out.size)
        single = out.dtype == np.float32
        self._xp.right_shift(bits, np.uint64(40 if single else 11), out=bits)
        # Every such whole number is one of the floating-point type as well, so nothing is rounded.
        out[...] = bits.reshape(out.shape)
        self._xp.multiply(out, out.dtype.type(2.0**-24 if single else 2.0**-53), out=out)
        return out

    def standard_normal(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Array:
        """Draw from the normal distribution of mean 0 and variance 1 (Box & Muller, 1958; one of each pair is used)."""
        out, xp = self._made(size, dtype, out), self._xp
        kind = out.dtype.type
        angle = self.random(out.shape, out.dtype)
        self.random(out.shape, out.dtype, out)
        xp.subtract(kind(1), out, out=out)  # in (0, 1], so that its logarithm is finite
        xp.log(out, out=out)
        xp.multiply(out, kind(-2), out=out)
        xp.sqrt(out, out=out)
        xp.multiply(angle, kind(2 * pi), out=angle)
        xp.cos(angle, out=angle)
        return xp.multiply(out, angle, out=out)

    @property
    def count(self) -> int:
        """How many numbers were drawn so far."""
        return self._count

    @property
    def rooms(self) -> tuple[Array, ...]:
        """The memory it works in, for who has to hold it; that for more numbers at a time is other memory."""
        return (*self._room, self._indices) if self._room else ()

    @contextmanager
    def counted_at(self, at: Array) -> Iterator[Callable[[], int]]:
        """
        Draw from where the device says, behind as many numbers as its ``at``, one whole number of 64 bits, counts.

        So a step that is launched again and again draws other numbers each time. The count of this generator stays; the
        value tells how many were drawn inside.
        """
        self._at, self._ahead = at.view(np.uint64), 0
        try:
            yield lambda: self._ahead
        finally:
            self._at = None

    def reserve(self, n: int) -> tuple[int, int, Array | None]:
        """
        Leave the next n numbers to a kernel: return what number i of them is made from, ``begin + i * gamma``, as both.

        The third is where a device counts (`counted_at`), by which ``gamma`` is to be added once more; else None. A
        kernel mixes them as `random` does, and this generator goes on behind them.
        """
        if self._at is None:
            count, self._count = self._count, self._count + n
        else:
            count, self._ahead = self._ahead, self._ahead + n
        return (self._start + (count + 1) * self._gamma) & _MASK, self._gamma, self._at

    def _made(self, size: Any, dtype: Any, out: Any) -> Array:
        return self._xp.empty(() if size is None else size, dtype) if out is None else out

    def _bits(self, n: int) -> Array:
        """Return the next n numbers of 64 bits, in memory that the next call overwrites."""
        xp = self._xp
        z, shifted = self._rooms(n)
        begin, gamma, at = self.reserve(n)
        if at is None:
            xp.multiply(self._indices[:n], np.uint64(gamma), out=z)
        else:
            xp.add(self._indices[:n], at, out=z)
            xp.multiply(z, np.uint64(gamma), out=z)
        xp.add(z, np.uint64(begin), out=z)
        for shift, factor in ((30, _FIRST), (27, _SECOND)):
            xp.right_shift(z, np.uint64(shift), out=shifted)
            xp.bitwise_xor(z, shifted, out=z)
            xp.multiply(z, np.uint64(factor), out=z)
        xp.right_shift(z, np.uint64(31), out=shifted)
        return xp.bitwise_xor(z, shifted, out=z)

    def _rooms(self, n: int) -> tuple[Array, Array]:
        if not self._room or self._room[0].size < n:
            self._room = [self._xp.empty(n, np.uint64) for _ in range(2)]
            self._indices = self._xp.arange(n, dtype=np.uint64)
        return self._room[0][:n], self._room[1][:n]


def seed_of(state: Any) -> list[int]:
    """Return the seed that stands for the state of another kind of generator: that of a training from elsewhere."""
    words = [int(number) for number in state if isinstance(number, int)]
    return [word >> shift & _MASK for word in words for shift in (0, 64)]


def _odd(gamma: int) -> int:
    """Return an odd gamma whose bits change often enough (figure 16, mixGamma)."""
    gamma |= 1
    changes = (gamma ^ (gamma >> 1)).bit_count()
    return gamma if changes >= 24 else gamma ^ 0xAAAAAAAAAAAAAAAA
