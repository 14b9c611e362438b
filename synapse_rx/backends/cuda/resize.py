"""Larger images in one pass, and back: elements repeated, or straight lines between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...typing import Array, Shape
from .grid import THREADS, blocks
from .kernels import Fused


class ResizeKernels(Fused):
    """
    Up to three axes behind the channels, each made longer by a whole factor.

    Gradients are gathered by each input from the outputs that it takes part in, so that they are added in one order.
    """

    source = """
// Along an axis: the input before the middle of an output, and the part that the next one has. Either may be outside.
struct Between { int first; real part; };
__device__ Between between(int out, int factor, int linear) {
    if (!linear) return {out / factor, real(0)};
    const int away = 2 * out + 1 - factor, whole = 2 * factor, first = away < 0 ? -1 : away / whole;
    return {first, (real)(away - first * whole) / (real)whole};
}
__device__ int inside(int place, int size) { return place < 0 ? 0 : place < size ? place : size - 1; }

// What an output takes of an input.
__device__ real taken(int out, int in, int factor, int size, int linear) {
    const Between at = between(out, factor, linear);
    real sum = 0;
    if (inside(at.first, size) == in) sum += real(1) - at.part;
    if (inside(at.first + 1, size) == in) sum += at.part;
    return sum;
}

extern "C" __global__ void forward(const real* x, real* y, int linear, long long n, int D, int H, int W, int fd, int fh,
                                   int fw) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n) return;
    const int OW = W * fw, OH = H * fh, OD = D * fd;
    const Between w = between(k % OW, fw, linear), h = between(k / OW % OH, fh, linear);
    const Between d = between(k / ((long long)OW * OH) % OD, fd, linear);
    const real* image = x + k / ((long long)OW * OH * OD) * ((long long)D * H * W);
    real sum = 0;
    for (int a = 0; a < 2; a++)
        for (int b = 0; b < 2; b++)
            for (int c = 0; c < 2; c++) {
                const real share = (a ? d.part : real(1) - d.part) * (b ? h.part : real(1) - h.part) *
                                   (c ? w.part : real(1) - w.part);
                if (share == real(0)) continue;
                sum += share * image[((long long)inside(d.first + a, D) * H + inside(h.first + b, H)) * W +
                                     inside(w.first + c, W)];
            }
    y[k] = sum;
}

// The first output that takes of an input, and the one behind the last.
__device__ int first_of(int in, int factor, int linear) {
    const int at = (in - linear) * factor;
    return at < 0 ? 0 : at;
}
__device__ int end_of(int in, int factor, int size, int linear) {
    const int at = (in + 1 + linear) * factor, end = size * factor;
    return at < end ? at : end;
}

extern "C" __global__ void backward(const real* dy, real* dx, int linear, long long n, int D, int H, int W, int fd,
                                    int fh, int fw) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n) return;
    const int w = k % W, h = k / W % H, d = k / ((long long)W * H) % D, OW = W * fw, OH = H * fh, OD = D * fd;
    const real* image = dy + k / ((long long)W * H * D) * ((long long)OW * OH * OD);
    real sum = 0;
    for (int a = first_of(d, fd, linear); a < end_of(d, fd, D, linear); a++) {
        const real by_d = taken(a, d, fd, D, linear);
        for (int b = first_of(h, fh, linear); b < end_of(h, fh, H, linear); b++) {
            const real by_h = by_d * taken(b, h, fh, H, linear);
            for (int c = first_of(w, fw, linear); c < end_of(w, fw, W, linear); c++)
                sum += by_h * taken(c, w, fw, W, linear) * image[((long long)a * OH + b) * OW + c];
        }
    }
    dx[k] = sum;
}
"""

    def forward(self, x: Array, y: Array, factors: Shape, linear: bool) -> None:
        """Write y (N, channels, *(factor * size)) for x (N, channels, *sizes)."""
        self._launch("forward", (x, y), y.size, x.shape[2:], factors, linear)

    def backward(self, dy: Array, dx: Array, factors: Shape, linear: bool) -> None:
        """Write the gradient of x, given that of y."""
        self._launch("backward", (dy, dx), dx.size, dx.shape[2:], factors, linear)

    def agrees(self) -> bool:
        return self._agrees(False) and self._agrees(True)

    def _agrees(self, linear: bool) -> bool:
        rng, empty = np.random.default_rng(0), self.xp.empty
        x, dy = rng.random((2, 3, 4, 3)).astype(self.dtype), rng.random((2, 3, 8, 9)).astype(self.dtype)
        y, dx = empty(dy.shape, self.dtype), empty(x.shape, self.dtype)
        self.forward(self.xp.array(x), y, (2, 3), linear)
        self.backward(self.xp.array(dy), dx, (2, 3), linear)
        rows, columns = _weights(4, 2, linear), _weights(3, 3, linear)
        return self.near(y, rows @ x @ columns.T) and self.near(dx, rows.T @ dy @ columns)

    def _launch(
        self, name: str, arrays: tuple[Any, ...], n: int, sizes: Shape, factors: Shape, linear: bool
    ) -> None:
        ones = (1,) * (3 - len(sizes))
        numbers = np.int32(linear), np.int64(n), *map(np.int32, (*ones, *sizes, *ones, *factors))
        self.function(name)(blocks(n), (THREADS,), (*arrays, *numbers))


def _weights(size: int, factor: int, linear: bool) -> Any:
    """Return what each output takes of each input of an axis, (factor * size, size)."""
    if not linear:
        return np.repeat(np.eye(size), factor, axis=0)
    at = np.clip((np.arange(size * factor) + 0.5) / factor - 0.5, 0, size - 1)
    return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(size)))
