"""Samples of a batch as they are learnt: gathered, cast, scaled and normalised in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...typing import Array
from .grid import THREADS, blocks
from .kernels import Fused

NOTHING = np.uintp(0)
"""Where an array may be left out. (None would be no null pointer to cupy, but none at all.)"""


class Gather(Fused):
    """``out[i, j] = (x[order[first + i], j] * scale - shift[j]) * factor[j]``, x being bytes or numbers."""

    source = """
extern "C" __global__ void gather(const stored* x, const long long* order, real* out, long long first, long long n,
                                  long long width, real scale, const real* shift, const real* factor,
                                  const long long* at) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n) return;
    const long long row = k / width, column = k - row * width;
    const long long place = (at ? at[0] : first) + row, sample = order ? order[place] : place;
    real value = (real)x[sample * width + column] * scale;
    if (shift) value -= shift[column];
    if (factor) value *= factor[column];
    out[k] = value;
}

// Samples as above, and behind them as many targets, of numbers as they are learnt.
extern "C" __global__ void gather_both(const stored* x, const real* t, const long long* order, real* out, real* targets,
                                       long long n, long long width, long long more, long long wide, real scale,
                                       const real* shift, const real* factor, const long long* at) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n + more) return;
    const bool second = k >= n;
    const long long here = second ? k - n : k, across = second ? wide : width;
    const long long row = here / across, column = here - row * across;
    const long long place = at[0] + row, sample = order ? order[place] : place;
    if (second) {
        targets[here] = t[sample * wide + column];
        return;
    }
    real value = (real)x[sample * width + column] * scale;
    if (shift) value -= shift[column];
    if (factor) value *= factor[column];
    out[here] = value;
}
"""

    def __call__(
        self,
        x: Array,
        order: Array | None,
        first: int,
        out: Array,
        scale: float = 1.0,
        shift: Array | None = None,
        factor: Array | None = None,
        at: Array | None = None,
    ) -> None:
        """
        Write ``len(out)`` samples from ``first`` on.

        Args:
            x: Samples (N, *shape), of a type that it `takes`.
            order: The order of the epoch (N,) of int64; None for their own.
            first: Where in the order the batch begins.
            out: (n, *shape).
            scale: What they are multiplied by.
            shift: What is taken off then, like one sample; None for nothing.
            factor: What they are multiplied by then, like one sample; None for nothing.
            at: Where the batch begins, in place of ``first``, known to the device alone (`Advance`).
        """
        kind = self.dtype.type
        given = (NOTHING if one is None else one for one in (order, shift, factor, at))
        order_or, shift_or, factor_or, at_or = given
        self.function("gather", stored=x.dtype)(
            blocks(out.size), (THREADS,),
            (x, order_or, out, np.int64(first), np.int64(out.size), np.int64(out.size // len(out)), kind(scale),
             shift_or, factor_or, at_or),
        )  # fmt: skip

    def both(
        self,
        x: Array,
        t: Array,
        order: Array | None,
        out: Array,
        targets: Array,
        at: Array,
        scale: float = 1.0,
        shift: Array | None = None,
        factor: Array | None = None,
    ) -> None:
        """
        Write samples and targets, from where ``at`` says.

        Args:
            x: As for samples alone; so are ``order``, ``out``, ``scale``, ``shift`` and ``factor``.
            t: Targets (N, *shape), of the type that is learnt.
            order: The order of the epoch.
            out: Where samples go.
            targets: Where as many targets go.
            at: Where the batch begins, known to the device alone.
            scale: What samples are multiplied by.
            shift: What is taken off then.
            factor: What they are multiplied by then.
        """
        n = len(out)
        sizes = map(np.int64, (out.size, out.size // n, targets.size, targets.size // n))
        order_or, shift_or, factor_or = (NOTHING if one is None else one for one in (order, shift, factor))
        self.function("gather_both", stored=x.dtype)(
            blocks(out.size + targets.size), (THREADS,),
            (x, t, order_or, out, targets, *sizes, self.dtype.type(scale), shift_or, factor_or, at),
        )  # fmt: skip

    def takes(self, stored: Any) -> bool:
        """Return whether samples stored as such can be gathered: bytes, or numbers no finer than those learnt."""
        return stored in (np.uint8, np.float32, self.dtype)

    def agrees(self) -> bool:
        rng = np.random.default_rng(0)
        order = rng.permutation(9)
        x, (shift, factor) = (
            rng.integers(0, 256, (9, 5)).astype(np.uint8),
            rng.random((2, 5)).astype(self.dtype),
        )
        plain, made = self.xp.empty((4, 5), self.dtype), self.xp.empty((4, 5), self.dtype)
        send = self.xp.array
        self(send(x), None, 2, plain)
        self(send(x), send(order), 3, made, 1 / 255, send(shift), send(factor))
        expected = (x[order[3:7]] * self.dtype.type(1 / 255) - shift) * factor
        right = self.near(plain, x[2:6].astype(self.dtype)) and self.near(made, expected)
        t, targets, at = rng.random((9, 2)).astype(self.dtype), plain[:, :2].copy(), np.array([3])
        how = 1 / 255, send(shift), send(factor)
        made[...] = 0
        self.both(send(x), send(t), send(order), made, targets, send(at), *how)
        return right and self.near(made, expected) and self.near(targets, t[order[3:7]])
