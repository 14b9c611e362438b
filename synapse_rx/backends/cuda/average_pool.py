"""Average pooling in one pass over all axes."""

from __future__ import annotations

import numpy as np

from ...typing import Array, Shape
from .grid import THREADS, blocks
from .kernels import Fused
from .max_pool import Geometry, numbers


class AveragePoolKernels(Fused):
    """
    Means of windows over up to three axes behind the channels, of the inputs in them or of padding as well.

    Gradients are gathered by each input from the windows it lies in, so that they are added in one order.
    """

    source = """
// Elements in a window: those that are there, or all up to the end of the padding that was asked for.
__device__ int counted(int start, int length, int size, int end, int padded) {
    const int stop = start + length;
    return padded ? (stop < end ? stop : end) - start : (stop < size ? stop : size) - (start > 0 ? start : 0);
}

extern "C" __global__ void forward(const real* x, real* y, int padded, int ed, int eh, int ew, long long n,
                                   int D, int H, int W, int kd, int kh, int kw, int sd, int sh, int sw,
                                   int cd, int ch, int cw, int pd, int ph, int pw) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n) return;
    const int w0 = (int)(k % cw) * sw - pw, h0 = (int)(k / cw % ch) * sh - ph;
    const int d0 = (int)(k / ((long long)cw * ch) % cd) * sd - pd;
    const real* image = x + k / ((long long)cw * ch * cd) * ((long long)D * H * W);
    real sum = 0;
    for (int d = d0 > 0 ? d0 : 0; d < d0 + kd && d < D; d++)
        for (int h = h0 > 0 ? h0 : 0; h < h0 + kh && h < H; h++)
            for (int w = w0 > 0 ? w0 : 0; w < w0 + kw && w < W; w++) sum += image[((long long)d * H + h) * W + w];
    const int level = counted(h0, kh, H, eh, padded) * counted(w0, kw, W, ew, padded);
    y[k] = sum / (real)(counted(d0, kd, D, ed, padded) * level);
}

// The first window of an axis that reaches a place, and the last.
__device__ int first_window(int place, int size, int step) {
    const int begin = place - size + 1;
    return begin <= 0 ? 0 : (begin + step - 1) / step;
}
__device__ int last_window(int place, int step, int count) { return place / step < count ? place / step : count - 1; }

extern "C" __global__ void backward(const real* dy, real* dx, int padded, int ed, int eh, int ew, long long n,
                                    int D, int H, int W, int kd, int kh, int kw, int sd, int sh, int sw,
                                    int cd, int ch, int cw, int pd, int ph, int pw) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n) return;
    const int w = (int)(k % W) + pw, h = (int)(k / W % H) + ph, d = (int)(k / ((long long)W * H) % D) + pd;
    const real* maps = dy + k / ((long long)W * H * D) * ((long long)cd * ch * cw);
    real sum = 0;
    for (int od = first_window(d, kd, sd); od <= last_window(d, sd, cd); od++)
        for (int oh = first_window(h, kh, sh); oh <= last_window(h, sh, ch); oh++)
            for (int ow = first_window(w, kw, sw); ow <= last_window(w, sw, cw); ow++) {
                const int count = counted(od * sd - pd, kd, D, ed, padded) * counted(oh * sh - ph, kh, H, eh, padded) *
                                  counted(ow * sw - pw, kw, W, ew, padded);
                sum += maps[((long long)od * ch + oh) * cw + ow] / (real)count;
            }
    dx[k] = sum;
}
"""

    def forward(self, x: Array, y: Array, geometry: Geometry, ends: Shape | None) -> None:
        """
        Write the means of windows.

        Args:
            x: (N, channels, *sizes).
            y: (N, channels, *counts).
            geometry: Where windows lie.
            ends: Where the padding ends that counts, by axis; None if what lies beyond the inputs does not count.
        """
        self._launch("forward", x, y, y.size, geometry, ends)

    def backward(self, dy: Array, dx: Array, geometry: Geometry, ends: Shape | None) -> None:
        """Write the gradient of the inputs, given that of y."""
        self._launch("backward", dy, dx, dx.size, geometry, ends)

    def agrees(self) -> bool:
        return self._agrees(None) and self._agrees((6, 8))

    def _agrees(self, ends: Shape | None) -> bool:
        rng, empty = np.random.default_rng(0), self.xp.empty
        x, dy = rng.random((2, 3, 5, 7)).astype(self.dtype), rng.random((2, 3, 3, 4)).astype(self.dtype)
        y, dx = empty(dy.shape, self.dtype), empty(x.shape, self.dtype)
        geometry: Geometry = (5, 7), (3, 3), (2, 2), (3, 4), (1, 0)
        self.forward(self.xp.array(x), y, geometry, ends)
        self.backward(self.xp.array(dy), dx, geometry, ends)
        means, gradient = np.empty_like(dy), np.zeros_like(x)
        for i, j in np.ndindex(3, 4):
            window = (..., slice(max(2 * i - 1, 0), 2 * i + 2), slice(2 * j, 2 * j + 3))
            count = x[0, 0][window].size if ends is None else 3 * (min(2 * j + 3, 8) - 2 * j)
            means[..., i, j] = x[window].sum(axis=(-1, -2)) / count
            gradient[window] += dy[..., i, j, None, None] / count
        return self.near(y, means) and self.near(dx, gradient)

    def _launch(
        self, name: str, given: Array, made: Array, n: int, geometry: Geometry, ends: Shape | None
    ) -> None:
        padded = np.int32(ends is not None)
        last = map(np.int32, (1, 1, 1) if ends is None else (*[1] * (3 - len(ends)), *ends))
        arguments = given, made, padded, *last, np.int64(n), *numbers(geometry)
        self.function(name)(blocks(n), (THREADS,), arguments)
