"""Normalisation of rows by their own mean and variance."""

from __future__ import annotations

import numpy as np

from ...typing import Array
from .gather import NOTHING
from .grid import THREADS as SINGLE
from .grid import blocks
from .kernels import Fused
from .over_rows import OVER_ROW, SHORT, over_rows

COLUMNS, ROWS = 32, 8
"""A block of threads where columns are summed up: a warp reads one row of so many columns at a time."""

PART = 256
"""Rows that a block sums up. What blocks found of a column is added by another kernel, always in one order."""


class LayerNormKernels(Fused):
    """``y = scale (x - mean) / sqrt(variance + epsilon) + shift`` of each row, and back."""

    source = (
        OVER_ROW
        + """
#define COLUMNS 32
#define ROWS 8

extern "C" __global__ void forward(const real* x, real* y, real* means, real* deviations, const real* scale,
                                   const real* shift, real epsilon, long long n, long long columns) {
    __shared__ real room[THREADS];
    const long long row = (long long)blockIdx.x * blockDim.y + threadIdx.y;
    // Rows behind the last have nothing to read or write, but their threads wait with the others.
    const long long begin = row * columns, end = row < n ? columns : 0;
    real sum = 0;
    for (long long k = threadIdx.x; k < end; k += blockDim.x) sum += x[begin + k];
    const real mean = over_row(sum, false, room) / (real)columns;
    sum = 0;
    for (long long k = threadIdx.x; k < end; k += blockDim.x) sum += (x[begin + k] - mean) * (x[begin + k] - mean);
    const real deviation = real(1) / sqrt(over_row(sum, false, room) / (real)columns + epsilon);
    for (long long k = threadIdx.x; k < end; k += blockDim.x) {
        const real normal = (x[begin + k] - mean) * deviation;
        y[begin + k] = scale ? normal * scale[k] + shift[k] : normal;
    }
    if (threadIdx.x == 0 && row < n) {
        means[row] = mean;
        deviations[row] = deviation;
    }
}

extern "C" __global__ void backward(const real* x, const real* dy, real* dx, const real* means, const real* deviations,
                                    const real* scale, long long n, long long columns) {
    __shared__ real room[THREADS];
    const long long row = (long long)blockIdx.x * blockDim.y + threadIdx.y;
    const long long begin = row * columns, end = row < n ? columns : 0;
    const real mean = row < n ? means[row] : real(0), deviation = row < n ? deviations[row] : real(0);
    real along = 0, total = 0;
    for (long long k = threadIdx.x; k < end; k += blockDim.x) {
        const real d = scale ? dy[begin + k] * scale[k] : dy[begin + k];
        along += d * ((x[begin + k] - mean) * deviation);
        total += d;
    }
    // Mean and variance move with x, so what dy has in common with 1 and with the normalised x drops out.
    along = over_row(along, false, room) / (real)columns;
    total = over_row(total, false, room) / (real)columns;
    for (long long k = threadIdx.x; k < end; k += blockDim.x) {
        const real d = scale ? dy[begin + k] * scale[k] : dy[begin + k];
        dx[begin + k] = (d - (x[begin + k] - mean) * deviation * along - total) * deviation;
    }
}

extern "C" __global__ void to_parameters(const real* x, const real* dy, const real* means, const real* deviations,
                                         real* sums, long long n, long long columns, long long part) {
    __shared__ real with_normal[ROWS][COLUMNS];
    __shared__ real with_one[ROWS][COLUMNS];
    const long long column = (long long)blockIdx.x * COLUMNS + threadIdx.x;
    const long long first = blockIdx.y * part, last = first + part < n ? first + part : n;
    real along = 0, total = 0;
    if (column < columns)
        for (long long row = first + threadIdx.y; row < last; row += ROWS) {
            const real d = dy[row * columns + column];
            along += d * ((x[row * columns + column] - means[row]) * deviations[row]);
            total += d;
        }
    with_normal[threadIdx.y][threadIdx.x] = along;
    with_one[threadIdx.y][threadIdx.x] = total;
    __syncthreads();
    if (threadIdx.y == 0 && column < columns) {
        along = total = 0;
        for (int row = 0; row < ROWS; row++) {
            along += with_normal[row][threadIdx.x];
            total += with_one[row][threadIdx.x];
        }
        sums[2 * blockIdx.y * columns + column] = along;
        sums[(2 * blockIdx.y + 1) * columns + column] = total;
    }
}

extern "C" __global__ void add_sums(const real* sums, real* scale, real* shift, long long parts, long long columns) {
    const long long column = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (column >= columns) return;
    real along = 0, total = 0;
    for (long long part = 0; part < parts; part++) {
        along += sums[2 * part * columns + column];
        total += sums[(2 * part + 1) * columns + column];
    }
    scale[column] = along;
    shift[column] = total;
}
"""
    )

    def forward(
        self,
        x: Array,
        y: Array,
        means: Array,
        deviations: Array,
        scale: Array | None,
        shift: Array | None,
        epsilon: float,
    ) -> None:
        """Normalise x (n, columns) into y; means and 1 / sqrt(variance + epsilon) (n,) are written for the way back."""
        affine = (NOTHING, NOTHING) if scale is None else (scale, shift)
        numbers = self.dtype.type(epsilon), np.int64(len(x)), np.int64(x.shape[1])
        self.function("forward")(*over_rows(*x.shape), (x, y, means, deviations, *affine, *numbers))

    def backward(
        self, x: Array, dy: Array, dx: Array, means: Array, deviations: Array, scale: Array | None
    ) -> None:
        """Write the gradient of x."""
        arrays = x, dy, dx, means, deviations, NOTHING if scale is None else scale
        self.function("backward")(*over_rows(*x.shape), (*arrays, *map(np.int64, x.shape)))

    def to_parameters(
        self, x: Array, dy: Array, means: Array, deviations: Array, sums: Array, dscale: Array, dshift: Array
    ) -> None:
        """Write the gradients of scale and shift (columns,); ``sums`` is room for `parts` of (2, columns)."""
        (n, columns), parts = x.shape, self.parts(len(x))
        numbers = np.int64(n), np.int64(columns), np.int64(PART)
        grid = -(-columns // COLUMNS), parts
        self.function("to_parameters")(grid, (COLUMNS, ROWS), (x, dy, means, deviations, sums, *numbers))
        self.function("add_sums")(
            blocks(columns), (SINGLE,), (sums, dscale, dshift, np.int64(parts), np.int64(columns))
        )

    @staticmethod
    def parts(n: int) -> int:
        """Return how many parts n rows are summed up in."""
        return max(1, -(-n // PART))

    def agrees(self) -> bool:
        shapes = (5, 3), (PART + 3, COLUMNS + 1), (2, SHORT + 5)
        return all(self._agrees(shape, affine) for shape in shapes for affine in (False, True))

    def _agrees(self, shape: tuple[int, int], affine: bool) -> bool:
        rng, send, empty = np.random.default_rng(0), self.xp.array, self.xp.empty
        (n, columns), kind = shape, self.dtype.type
        x, dy = (rng.standard_normal((2, *shape)) + 1).astype(self.dtype)
        scale, shift = rng.standard_normal((2, columns)).astype(self.dtype)
        y, dx, sums = (empty(of, self.dtype) for of in (shape, shape, (self.parts(n), 2, columns)))
        means, deviations = empty(n, self.dtype), empty(n, self.dtype)
        dscale, dshift = empty(columns, self.dtype), empty(columns, self.dtype)
        one, other = (send(scale), send(shift)) if affine else (None, None)
        self.forward(send(x), y, means, deviations, one, other, 1e-3)
        self.backward(send(x), send(dy), dx, means, deviations, one)
        self.to_parameters(send(x), send(dy), means, deviations, sums, dscale, dshift)
        root = 1 / np.sqrt(x.var(axis=1, keepdims=True) + kind(1e-3))
        normal = (x - x.mean(axis=1, keepdims=True)) * root
        gradient = dy * scale if affine else dy
        along = normal * (gradient * normal).mean(axis=1, keepdims=True)
        return (
            self.near(y, normal * scale + shift if affine else normal)
            and self.near(dx, (gradient - along - gradient.mean(axis=1, keepdims=True)) * root)
            and self.near(dscale, (dy * normal).sum(axis=0, dtype=np.float64))
            and self.near(dshift, dy.sum(axis=0, dtype=np.float64))
        )
