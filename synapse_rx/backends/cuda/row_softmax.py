"""Softmax of rows, of scores of attention among them: scaled and masked in the same pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...typing import Array
from .gather import NOTHING
from .kernels import Fused
from .over_rows import OVER_ROW, SHORT, over_rows


class RowSoftmax(Fused):
    """
    ``y = softmax(scale z)`` of each row, or its logarithm, and back; where numbers do not count y is 0.

    Inputs and outputs may be the same memory.
    """

    source = (
        OVER_ROW
        + """
// How many numbers of a row count: those before the length of its sample, and not behind its own place.
__device__ long long counted(long long row, long long n, long long columns, const real* lengths, int causal,
                             long long steps, long long each) {
    if (row >= n) return 0;
    long long seen = columns;
    if (lengths) {
        const real length = lengths[row / each];
        if (!(length > real(0))) return 0;
        if (length < (real)columns) {
            seen = (long long)length;
            if ((real)seen < length) seen++;
        }
    }
    const long long own = row % steps + 1;
    return causal && own < seen ? own : seen;
}

extern "C" __global__ void forward(const real* z, real* y, const real* lengths, real scale, int causal, int logarithmic,
                                   long long n, long long columns, long long steps, long long each) {
    __shared__ real room[THREADS];
    const long long row = (long long)blockIdx.x * blockDim.y + threadIdx.y;
    // Rows behind the last have nothing to read or write, but their threads wait with the others.
    const long long begin = row * columns, seen = counted(row, n, columns, lengths, causal, steps, each);
    real mine = seen > 0 ? z[begin] * scale : real(0);
    for (long long k = threadIdx.x; k < seen; k += blockDim.x) {
        const real value = z[begin + k] * scale;
        mine = value > mine ? value : mine;
    }
    const real top = over_row(mine, true, room);
    real sum = 0;
    for (long long k = threadIdx.x; k < seen; k += blockDim.x) {
        const real away = z[begin + k] * scale - top, power = exp(away);
        y[begin + k] = logarithmic ? away : power;
        sum += power;
    }
    sum = over_row(sum, false, room);
    const real all = logarithmic ? log(sum) : sum;
    for (long long k = threadIdx.x; k < seen; k += blockDim.x)
        y[begin + k] = logarithmic ? y[begin + k] - all : y[begin + k] / all;
    if (row < n)
        for (long long k = seen + threadIdx.x; k < columns; k += blockDim.x) y[begin + k] = 0;
}

extern "C" __global__ void backward(const real* y, const real* dy, real* dz, real scale, int logarithmic, long long n,
                                    long long columns) {
    __shared__ real room[THREADS];
    const long long row = (long long)blockIdx.x * blockDim.y + threadIdx.y;
    const long long begin = row * columns, end = row < n ? columns : 0;
    real sum = 0;
    for (long long k = threadIdx.x; k < end; k += blockDim.x)
        sum += logarithmic ? dy[begin + k] : dy[begin + k] * y[begin + k];
    sum = over_row(sum, false, room);
    for (long long k = threadIdx.x; k < end; k += blockDim.x) {
        const real one = y[begin + k], given = dy[begin + k];
        dz[begin + k] = (logarithmic ? given - exp(one) * sum : (given - sum) * one) * scale;
    }
}
"""
    )

    def forward(self, z: Array, y: Array, logarithmic: bool = False) -> None:
        """Write the softmax of the last axis of z into y."""
        self._forward(z, y, NOTHING, 1.0, False, logarithmic, 1, 1)

    def attend(self, scores: Array, y: Array, lengths: Array | None, scale: float, causal: bool) -> None:
        """
        Write how much each query sees of each step.

        Args:
            scores: Products of queries and keys (N, heads, T, M).
            y: Like scores.
            lengths: Steps numbered below the length of a sample count, (N,) or (N, 1); None if all do.
            scale: What scores are multiplied by.
            causal: Whether query t sees steps up to t alone.
        """
        _, heads, steps, _ = scores.shape
        self._forward(
            scores, y, NOTHING if lengths is None else lengths, scale, causal, False, steps, heads * steps
        )

    def backward(self, y: Array, dy: Array, dz: Array, scale: float = 1.0, logarithmic: bool = False) -> None:
        """Write the gradient of z, or of scores, given that of y; where y is 0 it is 0."""
        n, columns = y.size // y.shape[-1], y.shape[-1]
        numbers = self.dtype.type(scale), np.int32(logarithmic), np.int64(n), np.int64(columns)
        self.function("backward")(*over_rows(n, columns), (y, dy, dz, *numbers))

    def agrees(self) -> bool:
        return all(self._agrees(columns, causal) for columns in (7, SHORT + 1) for causal in (False, True))

    def _agrees(self, columns: int, causal: bool) -> bool:
        rng, send, empty, kind = np.random.default_rng(columns), self.xp.array, self.xp.empty, self.dtype.type
        shape = 2, 2, 5, columns
        z, dy = (rng.standard_normal(shape).astype(self.dtype) * kind(5) for _ in range(2))
        lengths = np.array([3, columns - 1], self.dtype)
        y, dz = empty(shape, self.dtype), empty(shape, self.dtype)
        logs, dlogs = empty(shape, self.dtype), empty(shape, self.dtype)
        self.attend(send(z), y, send(lengths), 0.5, causal)
        self.backward(y, send(dy), dz, 0.5)
        self.forward(send(z), logs, True)
        self.backward(logs, send(dy), dlogs, 1.0, True)
        hidden = np.arange(columns) >= lengths[:, None, None, None]
        if causal:
            hidden = hidden | (np.arange(columns) > np.arange(5)[:, None])
        share = _softmax(np.where(hidden, -np.inf, z * kind(0.5)))
        whole = _softmax(z)
        return (
            self.near(y, share)
            and self.near(dz, (dy - (dy * share).sum(axis=-1, keepdims=True)) * share * kind(0.5))
            and self.near(logs, np.log(whole))
            and self.near(dlogs, dy - whole * dy.sum(axis=-1, keepdims=True))
        )

    def _forward(
        self,
        z: Array,
        y: Array,
        lengths: Any,
        scale: float,
        causal: bool,
        logarithmic: bool,
        steps: int,
        each: int,
    ) -> None:
        n, columns = z.size // z.shape[-1], z.shape[-1]
        flags = self.dtype.type(scale), np.int32(causal), np.int32(logarithmic)
        numbers = map(np.int64, (n, columns, steps, each))
        self.function("forward")(*over_rows(n, columns), (z, y, lengths, *flags, *numbers))


def _softmax(z: Any) -> Any:
    power = np.exp(z - z.max(axis=-1, keepdims=True))
    return power / power.sum(axis=-1, keepdims=True)
