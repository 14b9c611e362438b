"""The product of a synapse's factors in the log domain, and its gradients, without a number for each factor."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...typing import Array
from .kernels import Fused

TILE = 16
"""Rows and columns that a block of threads computes, one number each."""


class SynapseKernels(Fused):
    """
    ``l_bi = sum_j ln(max(1 - W_ji x_bj, least))``, by inputs ``-sum_i dl_bi W_ji / q`` and by weights
    ``-sum_b dl_bi x_bj / q`` with ``q = 1 - W_ji x_bj``, without the factors that are not above ``least``.

    Of four factors close to 1 one logarithm is taken: of ``1 - d`` with ``d <- d + t (1 - d)`` for each ``t = W x``,
    which keeps what is small exact. Others are taken one by one, so that no product underflows.
    """

    source = """
#define TILE 16
#define DEEP 32

__device__ real inhibited(real t, real most) { return t > most ? most : t; }

extern "C" __global__ void logarithms(const real* x, const real* w, real* out, real most, int n, int inputs,
                                      int outputs) {
    __shared__ real given[TILE][DEEP + 1];
    __shared__ real weights[DEEP][TILE + 1];
    const int own = threadIdx.x, row = threadIdx.y, thread = row * TILE + own;
    const int top = blockIdx.y * TILE, side = blockIdx.x * TILE;
    real sum = 0;
    for (int start = 0; start < inputs; start += DEEP) {
        // What is not there gives factors of 1.
        for (int k = thread; k < TILE * DEEP; k += TILE * TILE) {
            const int b = top + k / DEEP, j = start + k % DEEP;
            given[k / DEEP][k % DEEP] = b < n && j < inputs ? x[(long long)b * inputs + j] : real(0);
            const int deep = start + k / TILE, i = side + k % TILE;
            weights[k / TILE][k % TILE] = deep < inputs && i < outputs ? w[(long long)deep * outputs + i] : real(0);
        }
        __syncthreads();
        real part = 0;  // sums of sums lose less of what is small beside them
#pragma unroll 2
        for (int j = 0; j < DEEP; j += 4) {
            real t[4], d = 0;
            for (int k = 0; k < 4; k++) {
                t[k] = inhibited(given[row][j + k] * weights[j + k][own], most);
                d += t[k] * (real(1) - d);
            }
            if (d < real(0.5) && d > real(-0.5)) part += log1p(-d);
            else for (int k = 0; k < 4; k++) part += log1p(-t[k]);
        }
        sum += part;
        __syncthreads();
    }
    if (top + row < n && side + own < outputs) out[(long long)(top + row) * outputs + side + own] = sum;
}

__device__ real ratio(real dl, real x, real w, real least) {
    const real factor = real(1) - x * w;
    // What is not a number stays so, as in numpy.
    return factor > least ? dl / factor : factor != factor ? factor : real(0);
}

extern "C" __global__ void to_inputs(const real* x, const real* w, const real* dl, real* dx, real least,
                                     int n, int inputs, int outputs) {
    __shared__ real gradients[TILE][DEEP + 1];
    __shared__ real weights[TILE][DEEP + 1];
    const int own = threadIdx.x, row = threadIdx.y, thread = row * TILE + own;
    const int top = blockIdx.y * TILE, side = blockIdx.x * TILE, b = top + row, j = side + own;
    const bool there = b < n && j < inputs;
    const real mine = there ? x[(long long)b * inputs + j] : real(0);
    real sum = 0;
    for (int start = 0; start < outputs; start += DEEP) {
        for (int k = thread; k < TILE * DEEP; k += TILE * TILE) {
            const int at = k / DEEP, i = start + k % DEEP;
            gradients[at][k % DEEP] = top + at < n && i < outputs ? dl[(long long)(top + at) * outputs + i] : real(0);
            weights[at][k % DEEP] =
                side + at < inputs && i < outputs ? w[(long long)(side + at) * outputs + i] : real(0);
        }
        __syncthreads();
#pragma unroll 4
        for (int i = 0; i < DEEP; i++)
            sum += ratio(gradients[row][i], mine, weights[own][i], least) * weights[own][i];
        __syncthreads();
    }
    if (there) dx[(long long)b * inputs + j] = -sum;
}

extern "C" __global__ void to_weights(const real* x, const real* w, const real* dl, real* dw, real least,
                                      int n, int inputs, int outputs) {
    __shared__ real gradients[DEEP][TILE + 1];
    __shared__ real given[DEEP][TILE + 1];
    const int own = threadIdx.x, row = threadIdx.y, thread = row * TILE + own;
    const int top = blockIdx.y * TILE, side = blockIdx.x * TILE, j = top + row, i = side + own;
    const bool there = j < inputs && i < outputs;
    const real mine = there ? w[(long long)j * outputs + i] : real(0);
    real sum = 0;
    for (int start = 0; start < n; start += DEEP) {
        for (int k = thread; k < TILE * DEEP; k += TILE * TILE) {
            const int at = k % TILE, b = start + k / TILE;
            gradients[k / TILE][at] = b < n && side + at < outputs ? dl[(long long)b * outputs + side + at] : real(0);
            given[k / TILE][at] = b < n && top + at < inputs ? x[(long long)b * inputs + top + at] : real(0);
        }
        __syncthreads();
#pragma unroll 4
        for (int b = 0; b < DEEP; b++)
            sum += ratio(gradients[b][own], given[b][row], mine, least) * given[b][row];
        __syncthreads();
    }
    if (there) dw[(long long)j * outputs + i] = -sum;
}
"""

    def logarithms(self, x: Array, w: Array, out: Array, least: float) -> None:
        """Write the sums of logarithms (N, outputs), for x (N, inputs) and w (inputs, outputs)."""
        most = self.dtype.type(1 - least)
        self._launch("logarithms", (len(x), w.shape[1]), (x, w, out, most), x, w)

    def to_inputs(self, x: Array, w: Array, dl: Array, dx: Array, least: float) -> None:
        """Write the gradient by inputs (N, inputs), given that by the sums of logarithms (N, outputs)."""
        self._launch("to_inputs", x.shape, (x, w, dl, dx, self.dtype.type(least)), x, w)

    def to_weights(self, x: Array, w: Array, dl: Array, dw: Array, least: float) -> None:
        """Write the gradient by weights (inputs, outputs)."""
        self._launch("to_weights", w.shape, (x, w, dl, dw, self.dtype.type(least)), x, w)

    def agrees(self) -> bool:
        return all(self._agrees(*sizes) for sizes in ((TILE + 1, 35, TILE + 2), (33, 7, 3)))

    def _agrees(self, n: int, inputs: int, outputs: int) -> bool:
        rng, send, empty, kind = np.random.default_rng(n), self.xp.array, self.xp.empty, self.dtype.type
        least = 1e-6
        x, w = rng.random((n, inputs)).astype(self.dtype), rng.random((inputs, outputs)).astype(self.dtype)
        # Some factors are too small to move, some inputs inhibit but a little, and one sample is not inhibited at all.
        w[0, 1] = x[1, 0] = 1
        x[2:5] *= kind(0.01)
        x[5] = 0
        dl = rng.standard_normal((n, outputs)).astype(self.dtype)
        out, dx, dw = (empty(shape, self.dtype) for shape in (dl.shape, x.shape, w.shape))
        self.logarithms(send(x), send(w), out, least)
        self.to_inputs(send(x), send(w), send(dl), dx, least)
        self.to_weights(send(x), send(w), send(dl), dw, least)
        products = x[:, :, None] * w
        q = 1 - products
        ratio = np.where(q > least, dl[:, None], 0) / np.maximum(q, least)
        # By what is not rounded here: 1 - W x close to 0 would magnify it.
        far = _relative(out, np.log1p(np.maximum(-products, kind(least) - 1)).sum(axis=1), self.xp)
        return far < self._tolerance and all(
            _relative(one, other, self.xp) < 10 * self._tolerance
            for one, other in ((dx, -(ratio * w).sum(axis=2)), (dw, -(ratio * x[:, :, None]).sum(axis=0)))
        )

    @property
    def _tolerance(self) -> float:
        return 1e-4 if self.dtype == np.float32 else 1e-10

    def _launch(self, name: str, size: tuple[int, int], args: tuple[Any, ...], x: Array, w: Array) -> None:
        grid = -(-size[1] // TILE), -(-size[0] // TILE)
        self.function(name)(grid, (TILE, TILE), (*args, *map(np.int32, (len(x), *w.shape))))


def _relative(found: Array, expected: Any, xp: Any) -> float:
    """Return how far numbers are off, as a share of the largest."""
    return float(np.abs(xp.asnumpy(found) - expected).max() / np.abs(expected).max())
