"""Division by neighbouring channels in one pass, and back in another."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...typing import Array
from .grid import THREADS, blocks
from .kernels import Fused


class ResponseNormKernels(Fused):
    """
    ``y_c = x_c / d_c^beta`` with ``d_c = k + share sum x_j^2`` over the channels from c - before to c + behind.
    """

    source = """
extern "C" __global__ void forward(const real* x, real* y, real* divisor, long long n, int channels, long long places,
                                   int before, int behind, real k, real share, real beta) {
    const long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    const int c = (int)(i / places % channels);
    const int first = c - before > 0 ? c - before : 0, last = c + behind < channels ? c + behind : channels - 1;
    real sum = 0;
    for (int j = first; j <= last; j++) {
        const real value = x[i + (j - c) * places];
        sum += value * value;
    }
    const real d = k + share * sum;
    divisor[i] = d;
    y[i] = x[i] * pow(d, -beta);
}

// A channel takes part in the divisors of those whose windows hold it, so the window is turned round.
extern "C" __global__ void backward(const real* x, const real* y, const real* divisor, const real* dy, real* dx,
                                    long long n, int channels, long long places, int before, int behind, real factor,
                                    real beta) {
    const long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    const int c = (int)(i / places % channels);
    const int first = c - behind > 0 ? c - behind : 0, last = c + before < channels ? c + before : channels - 1;
    real sum = 0;
    for (int j = first; j <= last; j++) {
        const long long at = i + (j - c) * places;
        sum += dy[at] * y[at] / divisor[at];
    }
    dx[i] = factor * x[i] * sum + dy[i] * pow(divisor[i], -beta);
}
"""

    def forward(
        self, x: Array, y: Array, divisor: Array, size: int, k: float, share: float, beta: float
    ) -> None:
        """Write y and divisors, all (N, channels, *sizes), for windows of ``size`` channels."""
        numbers = map(self.dtype.type, (k, share, beta))
        self.function("forward")(blocks(x.size), (THREADS,), (x, y, divisor, *_sizes(x, size), *numbers))

    def backward(
        self, x: Array, y: Array, divisor: Array, dy: Array, dx: Array, size: int, share: float, beta: float
    ) -> None:
        """Write the gradient of x, given that of y."""
        numbers = map(self.dtype.type, (-2 * share * beta, beta))
        self.function("backward")(
            blocks(x.size), (THREADS,), (x, y, divisor, dy, dx, *_sizes(x, size), *numbers)
        )

    def agrees(self) -> bool:
        rng, send, empty = np.random.default_rng(0), self.xp.array, self.xp.empty
        x, dy = rng.standard_normal((2, 3, 6, 5)).astype(self.dtype)
        y, divisor, dx = (empty(x.shape, self.dtype) for _ in range(3))
        self.forward(send(x), y, divisor, 4, 1.5, 0.2, 0.75)
        self.backward(send(x), y, divisor, send(dy), dx, 4, 0.2, 0.75)
        away = np.arange(6) - np.arange(6)[:, None]
        near = ((away >= -1) & (away <= 2)).astype(self.dtype)
        d = self.dtype.type(1.5) + self.dtype.type(0.2) * np.einsum("cj,njp->ncp", near, x * x)
        expected = x * d**-0.75
        back = np.einsum("cj,ncp->njp", near, dy * expected / d)
        return (
            self.near(y, expected)
            and self.near(divisor, d)
            and self.near(dx, dy * d**-0.75 - 2 * 0.2 * 0.75 * x * back)
        )


def _sizes(x: Array, size: int) -> tuple[Any, ...]:
    n, channels = x.shape[:2]
    places = x.size // (n * channels)
    return (
        np.int64(x.size),
        np.int32(channels),
        np.int64(places),
        np.int32((size - 1) // 2),
        np.int32(size // 2),
    )
