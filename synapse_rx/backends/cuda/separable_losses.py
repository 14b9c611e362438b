"""Losses that are sums over outputs: values, outputs and gradients in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...typing import Array
from .gather import NOTHING
from .kernels import Fused
from .over_rows import OVER_ROW, over_rows


class SquaredErrors(Fused):
    """``values = factor sum (y - t)^2`` for each row and ``dy = slope (y - t)``."""

    source = (
        OVER_ROW
        + """
extern "C" __global__ void squared_errors(const real* z, real* y, const real* t, real* values, real* dy, real factor,
                                          real slope, long long n, long long outputs) {
    __shared__ real room[THREADS];
    const long long row = (long long)blockIdx.x * blockDim.y + threadIdx.y;
    // Rows behind the last have nothing to read or write, but their threads wait with the others.
    const long long begin = row * outputs, end = row < n ? outputs : 0;
    real sum = 0;
    for (long long k = threadIdx.x; k < end; k += blockDim.x) {
        const real given = z ? z[begin + k] : y[begin + k], away = given - t[begin + k];
        if (z) y[begin + k] = given;
        if (dy) dy[begin + k] = away * slope;
        sum += away * away;
    }
    if (!values) return;
    sum = over_row(sum, false, room);
    if (threadIdx.x == 0 && row < n) values[row] = sum * factor;
}
"""
    )

    def __call__(
        self,
        z: Array | None,
        y: Array,
        t: Array,
        values: Array | None,
        dy: Array | None,
        factor: float,
        slope: float,
    ) -> None:
        """Write what is given room: values (N,), dy (N, outputs), and y (N, outputs) where it is to come from z."""
        numbers = *map(self.dtype.type, (factor, slope)), *map(np.int64, y.shape)
        args = _or_nothing(z), y, t, _or_nothing(values), _or_nothing(dy), *numbers
        self.function("squared_errors")(*over_rows(*y.shape), args)

    def agrees(self) -> bool:
        (y, t), send, empty, kind = _drawn(self.dtype), self.xp.array, self.xp.empty, self.dtype.type
        values, dy, copied = empty(len(y), self.dtype), empty(y.shape, self.dtype), empty(y.shape, self.dtype)
        others, more = empty(len(y), self.dtype), empty(y.shape, self.dtype)
        self(send(y), copied, send(t), values, dy, 0.5, 0.25)
        self(None, send(y), send(t), others, None, 0.5, 0.25)
        self(None, send(y), send(t), None, more, 0.5, 0.25)
        sums, slopes = ((y - t) ** 2).sum(axis=1) * kind(0.5), (y - t) * kind(0.25)
        pairs = (values, sums), (others, sums), (dy, slopes), (more, slopes), (copied, y)
        return all(self.near(*pair) for pair in pairs)


class SigmoidCrossEntropy(Fused):
    """
    From logits z and targets t, which are moved to ``t = kept t + added``: ``y = 1 / (1 + exp(-z))``, each row's
    ``sum w (ln(1 + exp z) - t z)`` and ``dz = scale w (y - t)``.
    """

    source = (
        OVER_ROW
        + """
extern "C" __global__ void sigmoid_cross_entropy(const real* z, const real* t, const real* weights, real* y,
                                                 real* values, real* dz, real kept, real added, real scale,
                                                 long long n, long long outputs) {
    __shared__ real room[THREADS];
    const long long row = (long long)blockIdx.x * blockDim.y + threadIdx.y;
    // Rows behind the last have nothing to read or write, but their threads wait with the others.
    const long long begin = row * outputs, end = row < n ? outputs : 0;
    real sum = 0;
    for (long long k = threadIdx.x; k < end; k += blockDim.x) {
        const real a = z[begin + k], target = t[begin + k] * kept + added, weight = weights ? weights[k] : real(1);
        const real small = exp(a > real(0) ? -a : a), share = (a > real(0) ? real(1) : small) / (real(1) + small);
        y[begin + k] = share;
        dz[begin + k] = (share - target) * scale * weight;
        sum += ((a > real(0) ? a : real(0)) + log1p(small) - target * a) * weight;
    }
    sum = over_row(sum, false, room);
    if (threadIdx.x == 0 && row < n) values[row] = sum;
}
"""
    )

    def __call__(
        self,
        z: Array,
        t: Array,
        weights: Array | None,
        y: Array,
        values: Array,
        dz: Array,
        smoothing: float,
        scale: float,
    ) -> None:
        """Write outputs, values (N,) and the gradient of logits; weights are (outputs,), all others (N, outputs)."""
        numbers = *map(self.dtype.type, (1 - smoothing, smoothing / 2, scale)), *map(np.int64, z.shape)
        args = z, t, _or_nothing(weights), y, values, dz, *numbers
        self.function("sigmoid_cross_entropy")(*over_rows(*z.shape), args)

    def agrees(self) -> bool:
        (z, t), send, empty, kind = _drawn(self.dtype), self.xp.array, self.xp.empty, self.dtype.type
        z, weights = z * kind(10), np.arange(1, z.shape[1] + 1).astype(self.dtype)
        y, dz, values = empty(z.shape, self.dtype), empty(z.shape, self.dtype), empty(len(z), self.dtype)
        self(send(z), send(t), send(weights), y, values, dz, 0.25, 0.5)
        share, target = 1 / (1 + np.exp(-z)), t * kind(0.75) + kind(0.125)
        terms = (np.logaddexp(z, kind(0)) - target * z) * weights
        return (
            self.near(y, share)
            and self.near(values, terms.sum(axis=1))
            and self.near(dz, (share - target) * kind(0.5) * weights)
        )


def _drawn(dtype: Any) -> tuple[Any, Any]:
    """Return a few rows of numbers, and of targets."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((19, 5)).astype(dtype), rng.random((19, 5)).astype(dtype)


def _or_nothing(array: Array | None) -> Any:
    return NOTHING if array is None else array
