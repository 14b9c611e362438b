"""Products of matrices with what comes before and behind them: bias, activation, gradient of an activation."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ...typing import Array
from .gather import NOTHING
from .kernels import Fused

LINEAR, SIGMOID, TANH, RELU = range(4)
"""Activations, by the numbers that plain networks give them."""

TILE = 32
"""Rows and columns that a block of threads computes."""


class Product(Fused):
    """
    Products of small matrices, for work that is a chain of our own kernels from end to end.

    Large ones are faster by a library for them, whose products cannot be recorded and launched again (cupy issue 6290).
    Each number is a sum in the order of the factors.
    """

    options: ClassVar[tuple[str, ...]] = ()  # where arithmetic counts, products and sums are rounded together

    source = """
#define TILE 32
#define HALF 16

__device__ real applied(real a, int function) {
    if (function == 1) return real(1) / (real(1) + exp(-a));
    if (function == 2) return tanh(a);
    // What is not a number stays so, as in numpy.
    if (function == 3) return a > real(0) ? a : a != a ? a : real(0);
    return a;
}
__device__ real slope(real y, int function) {
    if (function == 1) return (real(1) - y) * y;
    if (function == 2) return real(1) - y * y;
    if (function == 3) return y > real(0) ? real(1) : real(0);
    return real(1);
}

// c (n, m): the sum over p of a[i, p] b[p, j], whose elements lie the given steps apart. The last row of a may be ones.
extern "C" __global__ void product(const real* a, const real* b, const real* bias, const real* y, real* c, int n, int m,
                                   int depth, int ai, int ap, int bp, int bj, int ones, int function) {
    __shared__ real left[TILE][TILE + 1];
    __shared__ real right[TILE][TILE + 1];
    const int x = threadIdx.x, z = threadIdx.y, top = blockIdx.y * TILE, side = blockIdx.x * TILE;
    real sums[2][2] = {{0, 0}, {0, 0}};
    for (int start = 0; start < depth; start += TILE) {
        for (int k = z * HALF + x; k < TILE * TILE; k += HALF * HALF) {
            // Neighbours in memory are read by neighbouring threads.
            const int fast = k % TILE, slow = k / TILE;
            const int i = ap == 1 ? slow : fast, p = ap == 1 ? fast : slow;
            const int j = bj == 1 ? fast : slow, q = bj == 1 ? slow : fast;
            const bool inside = top + i < n && start + p < depth;
            const long long at = (long long)(top + i) * ai + (long long)(start + p) * ap;
            left[p][i] = !inside ? real(0) : ones && top + i == n - 1 ? real(1) : a[at];
            const bool within = side + j < m && start + q < depth;
            right[q][j] = within ? b[(long long)(start + q) * bp + (long long)(side + j) * bj] : real(0);
        }
        __syncthreads();
        for (int p = 0; p < TILE; p++) {
            const real one = left[p][z], two = left[p][z + HALF];
            const real first = right[p][x], second = right[p][x + HALF];
            sums[0][0] += one * first;
            sums[0][1] += one * second;
            sums[1][0] += two * first;
            sums[1][1] += two * second;
        }
        __syncthreads();
    }
    for (int u = 0; u < 2; u++)
        for (int v = 0; v < 2; v++) {
            const int row = top + z + u * HALF, column = side + x + v * HALF;
            if (row >= n || column >= m) continue;
            const long long at = (long long)row * m + column;
            const real value = sums[u][v];
            if (bias) c[at] = applied(value + bias[column], function);
            else if (y) c[at] = value * slope(y[at], function);
            else c[at] = value;
        }
}
"""

    def forward(self, x: Array, w: Array, b: Array, y: Array, function: int) -> None:
        """Write ``f(x w + b)`` into y (n, units), for x (n, k), w (k, units) and b (units,)."""
        (n, k), units = x.shape, w.shape[1]
        self._launch((x, w, b, NOTHING, y), (n, units, k), (k, 1, units, 1), 0, function)

    def to_parameters(self, x: Array, dy: Array, grads: Array) -> None:
        """Write the gradients of w and, below it, b into ``grads`` (k + 1, units), for x (n, k) and dy (n, units)."""
        (n, k), units = x.shape, dy.shape[1]
        self._launch((x, dy, NOTHING, NOTHING, grads), (k + 1, units, n), (1, k, units, 1), 1, LINEAR)

    def to_inputs(self, dy: Array, w: Array, y: Array, dx: Array, function: int) -> None:
        """Write the gradient of what y (n, k) was made from into dx, for the dy (n, units) behind w (k, units)."""
        (n, units), k = dy.shape, len(w)
        self._launch((dy, w, NOTHING, y, dx), (n, k, units), (units, 1, 1, units), 0, function)

    def agrees(self) -> bool:
        return all(self._agrees(function) for function in (LINEAR, SIGMOID, TANH, RELU))

    def _agrees(self, function: int) -> bool:
        rng, send, empty = np.random.default_rng(function), self.xp.array, self.xp.empty
        n, k, units = 35, 67, 33
        x, w = (
            rng.standard_normal((n, k)).astype(self.dtype),
            rng.standard_normal((k, units)).astype(self.dtype),
        )
        b, dy = (
            rng.standard_normal(units).astype(self.dtype),
            rng.standard_normal((n, units)).astype(self.dtype),
        )
        y, grads, dx = (
            empty((n, units), self.dtype),
            empty((k + 1, units), self.dtype),
            empty((n, k), self.dtype),
        )
        self.forward(send(x), send(w), send(b), y, function)
        self.to_parameters(send(x), send(dy), grads)
        before = np.asarray(_applied(x, function)[0], self.dtype)
        self.to_inputs(send(dy), send(w), send(before), dx, function)
        expected = np.concatenate([x.T @ dy, dy.sum(axis=0, keepdims=True)])
        return (
            self.near(y, _applied(x @ w + b, function)[0])
            and self.near(grads, expected)
            and self.near(dx, (dy @ w.T) * _applied(x, function)[1])
        )

    def _launch(
        self,
        arrays: tuple[Any, ...],
        sizes: tuple[int, int, int],
        steps: tuple[int, ...],
        ones: int,
        function: int,
    ) -> None:
        n, m, _ = sizes
        numbers = map(np.int32, (*sizes, *steps, ones, function))
        self.function("product")((-(-m // TILE), -(-n // TILE)), (TILE // 2, TILE // 2), (*arrays, *numbers))


def _applied(a: Any, function: int) -> tuple[Any, Any]:
    """Return what an activation makes of numbers of the host, and its slope there."""
    if function == SIGMOID:
        y = 1 / (1 + np.exp(-a))
        return y, (1 - y) * y
    if function == TANH:
        return np.tanh(a), 1 - np.tanh(a) ** 2
    return (np.maximum(a, 0), a > 0) if function == RELU else (a, 1)
