"""Bias and activation in one pass; on the way back the gradient of the activation and of the bias in one."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...typing import Array
from .grid import THREADS, blocks
from .kernels import Fused

FUNCTIONS = {"relu": 0, "sigmoid": 1, "tanh": 2}
"""The activations that are known, and the numbers they go by in the source; all have gradients in terms of y."""

COLUMNS, ROWS = 32, 8
"""A block of threads where columns are summed up: a warp reads one row of so many columns at a time."""

PART = 256
"""Rows that a block sums up. What blocks found of a column is added by another kernel, always in one order."""


class BiasActivation(Fused):
    """``y = f(z + b)`` in place, and back from ``dL/dy`` to ``dL/dz`` and ``dL/db``."""

    source = """
#define COLUMNS 32
#define ROWS 8

extern "C" __global__ void forward(real* z, const real* b, long long n, long long units, int function) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n) return;
    const real a = z[k] + b[k % units];
    // What is not a number stays so, as in numpy.
    if (function == 0) z[k] = a > real(0) ? a : a != a ? a : real(0);
    else if (function == 1) z[k] = real(1) / (real(1) + exp(-a));
    else z[k] = tanh(a);
}

extern "C" __global__ void backward(const real* y, const real* dy, real* dz, real* sums, long long n, long long units,
                                    long long part, int function) {
    __shared__ real room[ROWS][COLUMNS];
    const long long column = (long long)blockIdx.x * COLUMNS + threadIdx.x;
    const long long first = blockIdx.y * part, last = first + part < n ? first + part : n;
    real sum = 0;
    if (column < units) {
        for (long long row = first + threadIdx.y; row < last; row += ROWS) {
            const real v = y[row * units + column];
            real slope;
            if (function == 0) slope = v > real(0) ? real(1) : real(0);
            else if (function == 1) slope = (real(1) - v) * v;
            else slope = real(1) - v * v;
            const real d = slope * dy[row * units + column];
            dz[row * units + column] = d;
            sum += d;
        }
    }
    room[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y == 0 && column < units) {
        sum = 0;
        for (int row = 0; row < ROWS; row++) sum += room[row][threadIdx.x];
        sums[blockIdx.y * units + column] = sum;
    }
}

extern "C" __global__ void add_parts(const real* sums, real* db, long long parts, long long units) {
    const long long column = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (column >= units) return;
    real sum = 0;
    for (long long part = 0; part < parts; part++) sum += sums[part * units + column];
    db[column] = sum;
}
"""

    def forward(self, z: Array, b: Array, function: str) -> None:
        """Make outputs y of z (N, units), in place, with b (units,)."""
        numbers = np.int64(z.size), np.int64(len(b)), np.int32(FUNCTIONS[function])
        self.function("forward")(blocks(z.size), (THREADS,), (z, b, *numbers))

    def backward(self, y: Array, dy: Array, dz: Array, sums: Array, db: Array | None, function: str) -> None:
        """
        Write the gradient of z, and that of b if it is wanted.

        Args:
            y: The outputs (N, units).
            dy: Their gradient.
            dz: Where that of z goes.
            sums: Room for `parts` of (units,).
            db: Where that of b goes, (units,); None for nowhere.
            function: The activation.
        """
        (n, units), parts = y.shape, self.parts(len(y))
        numbers = np.int64(n), np.int64(units), np.int64(PART), np.int32(FUNCTIONS[function])
        grid, whole = (-(-units // COLUMNS), parts), parts == 1 and db is not None
        self.function("backward")(grid, (COLUMNS, ROWS), (y, dy, dz, db if whole else sums, *numbers))
        if db is not None and not whole:
            self.function("add_parts")(
                blocks(units), (THREADS,), (sums, db, np.int64(parts), np.int64(units))
            )

    @staticmethod
    def parts(n: int) -> int:
        """Return how many parts n rows are summed up in."""
        return max(1, -(-n // PART))

    def agrees(self) -> bool:
        return all(self._agrees(function) for function in FUNCTIONS)

    def _agrees(self, function: str) -> bool:
        rng, n, units = np.random.default_rng(0), PART + 5, COLUMNS + 3
        z, dy = rng.standard_normal((2, n, units)).astype(self.dtype)
        b = rng.standard_normal(units).astype(self.dtype)
        y, dz, db = self.xp.array(z), self.xp.empty((n, units), self.dtype), self.xp.empty(units, self.dtype)
        self.forward(y, self.xp.array(b), function)
        room = self.xp.empty((self.parts(n), units), self.dtype)
        self.backward(y, self.xp.array(dy), dz, room, db, function)
        outputs, slopes = _reference(z + b, function)
        gradient = dy * slopes
        return (
            self.near(y, outputs)
            and self.near(dz, gradient)
            and self.near(db, gradient.sum(axis=0, dtype=np.float64))
        )


def _reference(a: Any, function: str) -> tuple[Any, Any]:
    """Return what an activation makes of numbers of the host, and its slope there."""
    if function == "relu":
        return np.maximum(a, 0), a > 0
    y = 1 / (1 + np.exp(-a)) if function == "sigmoid" else np.tanh(a)
    return y, (1 - y) * y if function == "sigmoid" else 1 - y * y
