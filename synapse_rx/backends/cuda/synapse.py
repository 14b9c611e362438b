"""The product of a synapse's factors in the log domain, and its gradients, without a number for each factor."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...typing import Array
from .gather import NOTHING
from .grid import THREADS, blocks
from .kernels import Fused

TILE = 16
"""Rows and columns that a block of threads computes, one number each."""


class SynapseKernels(Fused):
    """
    ``l_bi = sum_j ln(max(1 - W_ji x_bj, least))``, by inputs ``-sum_i dl_bi W_ji / q`` and by weights
    ``-sum_b dl_bi x_bj / q`` with ``q = 1 - W_ji x_bj``, without the factors that are not above ``least``.

    Of four factors close to 1 one logarithm is taken: of ``1 - d`` with ``d <- d + t (1 - d)`` for each ``t = W x``,
    which keeps what is small exact. Others are taken one by one, so that no product underflows.

    Weights, outputs and the gradient of parameters are one pass each.
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

extern "C" __global__ void open_channels(const real* v, real* w, real most, int squashed, int diagonal, long long n,
                                         int outputs) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n) return;
    const real value = v[k];
    // What is not a number stays so, as in numpy.
    const real inside = value > most ? most : value < real(0) ? real(0) : value;
    const real weight = squashed ? real(1) / (real(1) + exp(-value)) : inside;
    w[k] = diagonal && k % (outputs + 1) == 0 ? real(0) : weight;
}

extern "C" __global__ void chain(real* grad, const real* v, const real* w, int squashed, int diagonal, long long n,
                                 int outputs) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n) return;
    const real weight = w[k], slope = squashed ? (real(1) - weight) * weight
                                               : (v[k] - weight) * grad[k] < real(0) ? real(0) : real(1);
    grad[k] = diagonal && k % (outputs + 1) == 0 ? real(0) : grad[k] * slope;
}

extern "C" __global__ void excite(real* logs, const real* e, const real* gain, real* y, real tiny, int logarithmic,
                                  long long n, int outputs) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n) return;
    const real sum = gain ? logs[k] + gain[k % outputs] : logs[k];
    const real given = e[k], factor = logarithmic ? sum : exp(sum);
    logs[k] = factor;
    y[k] = logarithmic ? log(given < tiny ? tiny : given) + sum : given * factor;
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

    def open_channels(self, v: Array, w: Array, most: float | None, diagonal: bool) -> None:
        """Write what parameters v (inputs, outputs) stand for into w: sigmoids, or v held to [0, ``most``]."""
        numbers = self.dtype.type(most or 0), np.int32(most is None), np.int32(diagonal)
        self._each("open_channels", v.size, (v, w, *numbers), v)

    def chain(self, grad: Array, v: Array, w: Array, squashed: bool, diagonal: bool) -> None:
        """Turn the gradient by w (inputs, outputs) into that by v, in place."""
        self._each("chain", v.size, (grad, v, w, np.int32(squashed), np.int32(diagonal)), v)

    def excite(self, logs: Array, e: Array, gain: Array | None, y: Array, logarithmic: bool) -> None:
        """
        Write outputs.

        Args:
            logs: The sums of logarithms (N, outputs); what they are is what e is multiplied by, or what is added.
            e: The excitatory inputs, like logs.
            gain: ln alpha, (outputs,).
            y: Where ``e alpha exp(logs)`` goes, like logs.
            logarithmic: Whether the logarithm of it goes there.
        """
        numbers = self.dtype.type(np.finfo(self.dtype).tiny), np.int32(logarithmic)
        self._each("excite", logs.size, (logs, e, NOTHING if gain is None else gain, y, *numbers), logs)

    def agrees(self) -> bool:
        if not all(self._excites(logarithmic) and self._chains(logarithmic) for logarithmic in (False, True)):
            return False
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

    def _excites(self, logarithmic: bool) -> bool:
        rng, send = np.random.default_rng(0), self.xp.array
        logs, e, gain = (rng.random(shape).astype(self.dtype) for shape in ((5, 3), (5, 3), (3,)))
        e[2] = 0
        made, y = send(logs), self.xp.empty(logs.shape, self.dtype)
        self.excite(made, send(e), send(gain), y, logarithmic)
        sums = logs + gain
        expected = (
            np.log(np.maximum(e, np.finfo(self.dtype).tiny)) + sums if logarithmic else e * np.exp(sums)
        )
        return self.near(y, expected) and self.near(made, sums if logarithmic else np.exp(sums))

    def _chains(self, squashed: bool) -> bool:
        v = np.linspace(-1, 2, 25).reshape(5, 5).astype(self.dtype)
        signs = np.where(np.arange(25) % 2, 1, -1).reshape(5, 5).astype(self.dtype)
        w, grad = self.xp.empty(v.shape, self.dtype), self.xp.array(signs)
        self.open_channels(self.xp.array(v), w, None if squashed else 0.5, True)
        self.chain(grad, self.xp.array(v), w, squashed, True)
        off = 1 - np.eye(5)
        weights = (1 / (1 + np.exp(-v)) if squashed else np.clip(v, 0, 0.5)) * off
        slope = (1 - weights) * weights if squashed else (v - weights) * signs >= 0
        return self.near(w, weights) and self.near(grad, signs * slope * off)

    def _each(self, name: str, n: int, args: tuple[Any, ...], columns: Array) -> None:
        self.function(name)(blocks(n), (THREADS,), (*args, np.int64(n), np.int32(columns.shape[1])))

    @property
    def _tolerance(self) -> float:
        return 1e-4 if self.dtype == np.float32 else 1e-10

    def _launch(self, name: str, size: tuple[int, int], args: tuple[Any, ...], x: Array, w: Array) -> None:
        grid = -(-size[1] // TILE), -(-size[0] // TILE)
        self.function(name)(grid, (TILE, TILE), (*args, *map(np.int32, (len(x), *w.shape))))


def _relative(found: Array, expected: Any, xp: Any) -> float:
    """Return how far numbers are off, as a share of the largest."""
    return float(np.abs(xp.asnumpy(found) - expected).max() / np.abs(expected).max())
