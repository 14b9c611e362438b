"""Borders around images in one pass, and back in another."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ...typing import Array, Shape
from .grid import THREADS, blocks
from .kernels import Fused

MODES = {"constant": 0, "edge": 1, "reflect": 2, "wrap": 3}
"""What a border consists of, by the words of ``numpy.pad``, and the numbers it goes by in the source."""


class PadKernels(Fused):
    """
    Up to three axes behind the channels, with as many elements before and behind as one likes.

    Gradients are gathered by each input from all places it was copied to, so that they are added in one order.
    """

    source = """
// Where an element of the output comes from, along an axis; -1 for nowhere.
__device__ int source_of(int out, int size, int before, int mode) {
    const int at = out - before;
    if (at >= 0 && at < size) return at;
    if (mode == 0) return -1;
    if (mode == 1) return at < 0 ? 0 : size - 1;
    if (mode == 2) return at < 0 ? -at : 2 * (size - 1) - at;
    return at < 0 ? at + size : at - size;
}

// The place that an input was copied to as the first, second, ... along an axis; -1 behind the last of them.
__device__ int copy_of(int in, int number, int size, int before, int behind, int mode) {
    const int here = before + in;
    if (number == 0) return here;
    if (mode == 0) return -1;
    if (mode == 1) {
        const int first = in == 0 ? before : 0, last = in == size - 1 ? behind : 0;
        return number <= first ? number - 1 : number <= first + last ? before + size - 1 + number - first : -1;
    }
    const int low = mode == 2 ? before - in : here - size;
    const int high = mode == 2 ? before + 2 * (size - 1) - in : here + size;
    // The outermost elements are not mirrored.
    const bool is_low = low >= 0 && (mode == 3 || in > 0);
    const bool is_high = high < before + size + behind && (mode == 3 || in < size - 1);
    if (number == 1) return is_low ? low : is_high ? high : -1;
    return number == 2 && is_low && is_high ? high : -1;
}

extern "C" __global__ void forward(const real* x, real* y, real value, int mode, long long n, int D, int H, int W,
                                   int pd, int ph, int pw, int qd, int qh, int qw) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n) return;
    const int OW = pw + W + qw, OH = ph + H + qh, OD = pd + D + qd;
    const int w = source_of(k % OW, W, pw, mode), h = source_of(k / OW % OH, H, ph, mode);
    const int d = source_of(k / ((long long)OW * OH) % OD, D, pd, mode);
    const real* image = x + k / ((long long)OW * OH * OD) * ((long long)D * H * W);
    y[k] = d < 0 || h < 0 || w < 0 ? value : image[((long long)d * H + h) * W + w];
}

extern "C" __global__ void backward(const real* dy, real* dx, real value, int mode, long long n, int D, int H, int W,
                                    int pd, int ph, int pw, int qd, int qh, int qw) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n) return;
    const int w = k % W, h = k / W % H, d = k / ((long long)W * H) % D;
    const int OW = pw + W + qw, OH = ph + H + qh, OD = pd + D + qd;
    const real* image = dy + k / ((long long)W * H * D) * ((long long)OW * OH * OD);
    real sum = 0;
    for (int i = 0, a = 0; (a = copy_of(d, i, D, pd, qd, mode)) >= 0; i++)
        for (int j = 0, b = 0; (b = copy_of(h, j, H, ph, qh, mode)) >= 0; j++)
            for (int l = 0, c = 0; (c = copy_of(w, l, W, pw, qw, mode)) >= 0; l++)
                sum += image[((long long)a * OH + b) * OW + c];
    dx[k] = sum;
}
"""

    def forward(self, x: Array, y: Array, before: Shape, behind: Shape, mode: str, value: float) -> None:
        """Write y (N, channels, *(before + size + behind)) for x (N, channels, *sizes)."""
        self._launch("forward", (x, y), y.size, (x.shape[2:], before, behind), mode, value)

    def backward(self, dy: Array, dx: Array, before: Shape, behind: Shape, mode: str) -> None:
        """Write the gradient of x, given that of y."""
        self._launch("backward", (dy, dx), dx.size, (dx.shape[2:], before, behind), mode, 0.0)

    def agrees(self) -> bool:
        return all(map(self._agrees, MODES))

    def _agrees(self, mode: str) -> bool:
        rng, empty = np.random.default_rng(0), self.xp.empty
        before, behind = (2, 0), (1, 3)
        x, dy = rng.random((2, 3, 4, 4)).astype(self.dtype), rng.random((2, 3, 7, 7)).astype(self.dtype)
        y, dx = empty(dy.shape, self.dtype), empty(x.shape, self.dtype)
        self.forward(self.xp.array(x), y, before, behind, mode, 1.5)
        self.backward(self.xp.array(dy), dx, before, behind, mode)
        pads = ((0, 0), (0, 0), *zip(before, behind, strict=True))
        numpy: Any = np  # whose types know each mode by itself
        pad = partial(numpy.pad, pad_width=pads, mode=mode)
        values, nowhere = ({"constant_values": one} if mode == "constant" else {} for one in (1.5, -1))
        sources = pad(np.arange(x.size).reshape(x.shape), **nowhere)
        gradient = np.bincount(sources[sources >= 0], dy[sources >= 0], x.size).reshape(x.shape)
        return self.near(y, pad(x, **values)) and self.near(dx, gradient)

    def _launch(
        self,
        name: str,
        arrays: tuple[Any, ...],
        n: int,
        sizes: tuple[Shape, Shape, Shape],
        mode: str,
        value: float,
    ) -> None:
        numbers = [
            np.int32(one)
            for part, fill in zip(sizes, (1, 0, 0), strict=True)
            for one in (*[fill] * (3 - len(part)), *part)
        ]
        how = self.dtype.type(value), np.int32(MODES[mode]), np.int64(n)
        self.function(name)(blocks(n), (THREADS,), (*arrays, *how, *numbers))
