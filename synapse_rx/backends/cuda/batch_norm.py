"""Normalisation of channels by the batch, with the rectification that may follow."""

from __future__ import annotations

import numpy as np

from ...typing import Array
from .kernels import Fused

THREADS = 256
"""Threads of a block, which has a channel to itself."""


class BatchNormKernels(Fused):
    """
    ``y = scale (x - mean) / sqrt(variance + epsilon) + shift`` for each channel of (N, channels, places), and back.

    Mean and variance are taken one after the other, the variance from what is away from the mean.
    """

    source = """
#define THREADS 256

// The sum of what all threads of the block have, added in one order.
__device__ real over_block(real mine, real* room) {
    __syncthreads();
    room[threadIdx.x] = mine;
    for (int half = THREADS / 2; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) room[threadIdx.x] += room[threadIdx.x + half];
    }
    __syncthreads();
    return room[0];
}

__device__ long long place_of(long long k, long long places, long long channels) {
    const long long sample = k / places;
    return (sample * channels + blockIdx.x) * places + (k - sample * places);
}

extern "C" __global__ void forward(const real* x, real* y, real* mean, real* variance, real* deviation,
                                   const real* scale, const real* shift, real epsilon, int rectified,
                                   long long n, long long channels, long long places) {
    __shared__ real room[THREADS];
    const int c = blockIdx.x;
    const long long all = n * places;
    real sum = 0;
    for (long long k = threadIdx.x; k < all; k += THREADS) sum += x[place_of(k, places, channels)];
    const real middle = over_block(sum, room) / (real)all;
    sum = 0;
    for (long long k = threadIdx.x; k < all; k += THREADS) {
        const real away = x[place_of(k, places, channels)] - middle;
        sum += away * away;
    }
    const real spread = over_block(sum, room) / (real)all, inverse = real(1) / sqrt(spread + epsilon);
    if (threadIdx.x == 0) {
        mean[c] = middle;
        variance[c] = spread;
        deviation[c] = inverse;
    }
    for (long long k = threadIdx.x; k < all; k += THREADS) {
        const long long at = place_of(k, places, channels);
        const real value = (x[at] - middle) * inverse * scale[c] + shift[c];
        y[at] = rectified && value <= real(0) ? real(0) : value;
    }
}

extern "C" __global__ void backward(const real* x, const real* y, const real* dy, real* dx, const real* mean,
                                    const real* deviation, const real* scale, real* along, real* total, int rectified,
                                    int needs_dx, long long n, long long channels, long long places) {
    __shared__ real room[THREADS];
    const int c = blockIdx.x;
    const long long all = n * places;
    const real middle = mean[c], inverse = deviation[c];
    real with_normal = 0, with_one = 0;
    for (long long k = threadIdx.x; k < all; k += THREADS) {
        const long long at = place_of(k, places, channels);
        const real d = rectified && !(y[at] > real(0)) ? real(0) : dy[at];
        with_normal += d * (x[at] - middle);
        with_one += d;
    }
    with_normal = over_block(with_normal, room) * inverse;
    with_one = over_block(with_one, room);
    if (threadIdx.x == 0) {
        along[c] = with_normal;
        total[c] = with_one;
    }
    if (!needs_dx) return;
    // Mean and variance move with x, so what dy has in common with 1 and with the normalised x drops out.
    const real gain = inverse * scale[c], less = with_normal / (real)all * inverse, constant = with_one / (real)all;
    for (long long k = threadIdx.x; k < all; k += THREADS) {
        const long long at = place_of(k, places, channels);
        const real d = rectified && !(y[at] > real(0)) ? real(0) : dy[at];
        dx[at] = (d - (x[at] - middle) * less - constant) * gain;
    }
}
"""

    def forward(
        self,
        x: Array,
        y: Array,
        mean: Array,
        variance: Array,
        deviation: Array,
        scale: Array,
        shift: Array,
        epsilon: float,
        rectified: bool,
    ) -> None:
        """
        Normalise x (N, channels, places) into y.

        Mean, variance and 1 / sqrt(variance + epsilon) of each channel are written; scale and shift are read.
        """
        numbers = self.dtype.type(epsilon), np.int32(rectified), *map(np.int64, x.shape)
        arrays = (x, y, mean, variance, deviation, scale, shift)
        self.function("forward")((x.shape[1],), (THREADS,), (*arrays, *numbers))

    def backward(
        self,
        x: Array,
        y: Array,
        dy: Array,
        dx: Array,
        mean: Array,
        deviation: Array,
        scale: Array,
        along: Array,
        total: Array,
        rectified: bool,
        needs_dx: bool,
    ) -> None:
        """Write the gradients of scale and shift into ``along`` and ``total``, and that of x if it is needed."""
        numbers = np.int32(rectified), np.int32(needs_dx), *map(np.int64, x.shape)
        arrays = (x, y, dy, dx, mean, deviation, scale, along, total)
        self.function("backward")((x.shape[1],), (THREADS,), (*arrays, *numbers))

    def agrees(self) -> bool:
        rng, send, shape, empty = np.random.default_rng(0), self.xp.array, (7, 2, 41), self.xp.empty
        x, dy = rng.standard_normal((2, *shape)).astype(self.dtype)
        scale, shift = rng.standard_normal((2, 2)).astype(self.dtype)
        y, dx = empty(shape, self.dtype), empty(shape, self.dtype)
        mean, variance, deviation, along, total = (empty(2, self.dtype) for _ in range(5))
        self.forward(send(x), y, mean, variance, deviation, send(scale), send(shift), 1e-3, True)
        self.backward(send(x), y, send(dy), dx, mean, deviation, send(scale), along, total, True, True)
        middle, spread = x.mean(axis=(0, 2)), x.var(axis=(0, 2))
        root = 1 / np.sqrt(spread + self.dtype.type(1e-3))
        normal = (x - middle[:, None]) * root[:, None]
        value = normal * scale[:, None] + shift[:, None]
        d = np.where(value > 0, dy, 0)
        with_normal, with_one = (d * normal).sum(axis=(0, 2)), d.sum(axis=(0, 2))
        gradient = d - (normal * with_normal[:, None] + with_one[:, None]) / (7 * 41)
        expected = (np.maximum(value, 0), middle, spread, with_normal, with_one)
        return all(map(self.near, (y, mean, variance, along, total), expected)) and self.near(
            dx, gradient * (root * scale)[:, None]
        )
