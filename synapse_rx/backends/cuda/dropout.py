"""Dropout by a generator that counts: drawn, compared and multiplied in one pass."""

from __future__ import annotations

import numpy as np

from ...typing import Array
from ..counter import CounterGenerator
from .gather import NOTHING
from .grid import THREADS, blocks
from .kernels import Fused


class DropoutKernel(Fused):
    """
    ``noise = 1 / (1 - rate)`` with probability ``1 - rate``, else 0, and ``y = x noise``.

    The numbers are those that a `CounterGenerator` draws, and it goes on as if it had drawn them.
    """

    source = """
extern "C" __global__ void drop(const real* x, real* noise, real* y, unsigned long long begin, unsigned long long gamma,
                                real kept, real factor, long long n, const unsigned long long* at) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n) return;
    unsigned long long bits = begin + ((at ? at[0] : 0ULL) + (unsigned long long)k) * gamma;
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9ULL;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBULL;
    bits ^= bits >> 31;
    const real drawn = sizeof(real) == 4 ? (real)(bits >> 40) * (real)5.9604644775390625e-8
                                         : (real)(bits >> 11) * (real)1.1102230246251565e-16;
    const real one = drawn < kept ? factor : real(0);
    noise[k] = one;
    y[k] = x[k] * one;
}
"""

    def __call__(self, x: Array, noise: Array, y: Array, rate: float, rng: CounterGenerator) -> None:
        """Draw noise like x and multiply x by it, all (N, ...)."""
        begin, gamma, at = rng.reserve(x.size)
        kind = self.dtype.type
        numbers = np.uint64(begin), np.uint64(gamma), kind(1 - rate), kind(1 / (1 - rate)), np.int64(x.size)
        given = (x, noise, y, *numbers, NOTHING if at is None else at)
        self.function("drop")(blocks(x.size), (THREADS,), given)

    def agrees(self) -> bool:
        rng, known = CounterGenerator(self.xp, 5), CounterGenerator(np, 5)
        right = self._agrees(rng, known)
        known.random(7)
        with rng.counted_at(self.xp.array(np.array([known.count]))):
            return right and self._agrees(rng, known)

    def _agrees(self, rng: CounterGenerator, known: CounterGenerator) -> bool:
        x = np.random.default_rng(0).standard_normal(301).astype(self.dtype)
        noise, y = self.xp.empty(301, self.dtype), self.xp.empty(301, self.dtype)
        self(self.xp.array(x), noise, y, 0.25, rng)
        expected = (known.random(301, self.dtype) < self.dtype.type(0.75)) * self.dtype.type(1 / 0.75)
        return self.near(noise, expected) and self.near(y, x * expected)
