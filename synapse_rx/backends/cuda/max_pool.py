"""Maximum pooling that remembers which element of each window was the largest."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...typing import Array, Shape
from .grid import THREADS, blocks
from .kernels import Fused

LARGEST = 255
"""Elements of a window whose places can be told apart in a byte, from that of a window which takes no gradient."""

Geometry = tuple[Shape, Shape, Shape, Shape, Shape]
"""Sizes of the inputs, of a window, its strides, the numbers of windows, and the padding before, by axis."""


class MaxPoolKernels(Fused):
    """
    Windows over up to three axes behind the channels. The first of several equal ones takes the gradient.

    Gradients are gathered by each input from the windows it lies in, so that they are added in one order.
    """

    source = """
extern "C" __global__ void forward(const real* x, real* y, unsigned char* marks, int rectified, long long n,
                                   int D, int H, int W, int kd, int kh, int kw, int sd, int sh, int sw,
                                   int cd, int ch, int cw, int pd, int ph, int pw) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n) return;
    const int ow = k % cw, oh = k / cw % ch, od = k / ((long long)cw * ch) % cd;
    const real* image = x + k / ((long long)cw * ch * cd) * ((long long)D * H * W);
    real best = 0;
    int mark = -1;
    for (int a = 0; a < kd; a++) {
        const int d = od * sd - pd + a;
        if (d < 0 || d >= D) continue;
        for (int b = 0; b < kh; b++) {
            const int h = oh * sh - ph + b;
            if (h < 0 || h >= H) continue;
            for (int c = 0; c < kw; c++) {
                const int w = ow * sw - pw + c;
                if (w < 0 || w >= W) continue;
                const real value = image[((long long)d * H + h) * W + w];
                // What is not a number is the largest, as in numpy.
                if (mark < 0 || value > best || (value != value && best == best)) {
                    best = value;
                    mark = (a * kh + b) * kw + c;
                }
            }
        }
    }
    // Of a window that is rectified no element takes the gradient, and what is not a number stays so.
    const bool cut = rectified && !(best > real(0));
    y[k] = cut && best == best ? real(0) : best;
    marks[k] = cut ? 255 : (unsigned char)mark;
}

// The first window of an axis that reaches a place, and the last.
__device__ int first_window(int place, int size, int step) {
    const int begin = place - size + 1;
    return begin <= 0 ? 0 : (begin + step - 1) / step;
}
__device__ int last_window(int place, int step, int count) { return place / step < count ? place / step : count - 1; }

extern "C" __global__ void backward(const real* dy, const unsigned char* marks, real* dx, long long n,
                                    int D, int H, int W, int kd, int kh, int kw, int sd, int sh, int sw,
                                    int cd, int ch, int cw, int pd, int ph, int pw) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n) return;
    const int w = k % W + pw, h = k / W % H + ph, d = k / ((long long)W * H) % D + pd;
    const long long image = k / ((long long)W * H * D) * ((long long)cd * ch * cw);
    real sum = 0;
    for (int od = first_window(d, kd, sd); od <= last_window(d, sd, cd); od++)
        for (int oh = first_window(h, kh, sh); oh <= last_window(h, sh, ch); oh++)
            for (int ow = first_window(w, kw, sw); ow <= last_window(w, sw, cw); ow++) {
                const long long window = image + ((long long)od * ch + oh) * cw + ow;
                const int place = ((d - od * sd) * kh + (h - oh * sh)) * kw + (w - ow * sw);
                if (marks[window] == place) sum += dy[window];
            }
    dx[k] = sum;
}
"""

    def forward(self, x: Array, y: Array, marks: Array, geometry: Geometry, rectified: bool = False) -> None:
        """
        Write the largest numbers of windows, rectified or not, and which they were.

        Args:
            x: (N, channels, *sizes).
            y: (N, channels, *counts).
            marks: Like y, of bytes.
            geometry: Where windows lie.
            rectified: Whether y is 0 where nothing in the window is larger.
        """
        self._launch("forward", y.size, (x, y, marks, np.int32(rectified)), geometry)

    def backward(self, dy: Array, marks: Array, dx: Array, geometry: Geometry) -> None:
        """Write the gradient of the inputs, given that of y and the marks of the forward pass."""
        self._launch("backward", dx.size, (dy, marks, dx), geometry)

    def agrees(self) -> bool:
        rng, send, empty = np.random.default_rng(0), self.xp.array, self.xp.empty
        x, dy = (
            rng.integers(0, 5, (2, 3, 5, 6)).astype(self.dtype),
            rng.random((2, 3, 3, 3)).astype(self.dtype),
        )
        y, marks, dx = empty(dy.shape, self.dtype), empty(dy.shape, np.uint8), empty(x.shape, self.dtype)
        geometry: Geometry = (5, 6), (3, 2), (2, 2), (3, 3), (1, 0)
        self.forward(send(x), y, marks, geometry)
        self.backward(send(dy), marks, dx, geometry)
        largest, gradient = np.empty_like(dy), np.zeros_like(x)
        for n, c, i, j in np.ndindex(*dy.shape):
            top, left = max(2 * i - 1, 0), 2 * j
            window = x[n, c, top : 2 * i + 2, left : left + 2]
            row, column = np.unravel_index(window.argmax(), window.shape)
            largest[n, c, i, j] = window[row, column]
            gradient[n, c, top + row, left + column] += dy[n, c, i, j]
        plain = self.near(y, largest) and self.near(dx, gradient)
        self.forward(send(x - x.max()), y, marks, geometry, True)
        self.backward(send(dy), marks, dx, geometry)
        return plain and self.near(y, np.zeros_like(largest)) and self.near(dx, np.zeros_like(gradient))

    def _launch(self, name: str, n: int, arrays: tuple[Any, ...], geometry: Geometry) -> None:
        self.function(name)(blocks(n), (THREADS,), (*arrays, np.int64(n), *numbers(geometry)))


def numbers(geometry: Geometry) -> list[Any]:
    """Return a geometry as kernels take it: an axis that is not there is one window of one element."""
    return [
        np.int32(one)
        for part, fill in zip(geometry, (1, 1, 1, 1, 0), strict=True)
        for one in (*[fill] * (3 - len(part)), *part)
    ]
