"""The mean or the largest number of every channel, and back, in a pass each."""

from __future__ import annotations

import numpy as np

from ...typing import Array
from .grid import THREADS, blocks
from .kernels import Fused

WIDTH, ROWS = 32, 8
"""A block of threads: a warp for each of so many channels."""


class GlobalPoolKernels(Fused):
    """Reductions of rows (N channels, places) to a number each. The first of several largest takes the gradient."""

    source = """
#define WIDTH 32
#define ROWS 8

extern "C" __global__ void mean(const real* x, real* y, long long n, long long size) {
    __shared__ real room[ROWS][WIDTH];
    const long long row = (long long)blockIdx.x * ROWS + threadIdx.y;
    real sum = 0;
    if (row < n)
        for (long long k = threadIdx.x; k < size; k += WIDTH) sum += x[row * size + k];
    room[threadIdx.y][threadIdx.x] = sum;
    for (int half = WIDTH / 2; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) room[threadIdx.y][threadIdx.x] += room[threadIdx.y][threadIdx.x + half];
    }
    if (threadIdx.x == 0 && row < n) y[row] = room[threadIdx.y][0] / (real)size;
}

// Whether a stands before b as the largest: as in numpy, what is not a number is larger than all that are.
__device__ bool wins(real a, long long i, real b, long long j) {
    const bool more = a > b || (a != a && b == b), same = a == b || (a != a && b != b);
    return more || (same && i < j);
}

extern "C" __global__ void largest(const real* x, real* y, long long* places, long long n, long long size) {
    __shared__ real room[ROWS][WIDTH];
    __shared__ long long found[ROWS][WIDTH];
    const long long row = (long long)blockIdx.x * ROWS + threadIdx.y;
    long long place = (long long)threadIdx.x < size ? threadIdx.x : 0;
    real best = row < n ? x[row * size + place] : real(0);
    if (row < n)
        for (long long k = place + WIDTH; k < size; k += WIDTH)
            if (wins(x[row * size + k], k, best, place)) best = x[row * size + k], place = k;
    room[threadIdx.y][threadIdx.x] = best;
    found[threadIdx.y][threadIdx.x] = place;
    for (int half = WIDTH / 2; half > 0; half /= 2) {
        __syncthreads();
        const int a = threadIdx.x, b = a + half;
        real* own = room[threadIdx.y];
        long long* at = found[threadIdx.y];
        if (a < half && wins(own[b], at[b], own[a], at[a])) own[a] = own[b], at[a] = at[b];
    }
    if (threadIdx.x == 0 && row < n) {
        y[row] = room[threadIdx.y][0];
        places[row] = found[threadIdx.y][0];
    }
}

extern "C" __global__ void share(const real* dy, real* dx, long long n, long long size) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k < n) dx[k] = dy[k / size] / (real)size;
}

extern "C" __global__ void give(const real* dy, const long long* places, real* dx, long long n, long long size) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n) return;
    const long long row = k / size;
    dx[k] = k - row * size == places[row] ? dy[row] : real(0);
}
"""

    def mean(self, x: Array, y: Array) -> None:
        """Write the means of channels into y (N, channels), for x (N, channels, *sizes)."""
        self._reduce("mean", (x, y))

    def largest(self, x: Array, y: Array, places: Array) -> None:
        """Write the largest numbers of channels, and which they were into ``places``, like y but of int64."""
        self._reduce("largest", (x, y, places))

    def share(self, dy: Array, dx: Array) -> None:
        """Write the gradient of x, given that of means."""
        self._spread("share", (dy, dx), dy.size)

    def give(self, dy: Array, places: Array, dx: Array) -> None:
        """Write the gradient of x, given that of the largest numbers and which they were."""
        self._spread("give", (dy, places, dx), dy.size)

    def agrees(self) -> bool:
        return self._agrees(3) and self._agrees(77)

    def _agrees(self, size: int) -> bool:
        rng, send, empty = np.random.default_rng(0), self.xp.array, self.xp.empty
        x, dy = rng.integers(0, 9, (3, 7, size)).astype(self.dtype), rng.random((3, 7)).astype(self.dtype)
        y, most, places = empty(dy.shape, self.dtype), empty(dy.shape, self.dtype), empty(dy.shape, np.int64)
        shared, given = empty(x.shape, self.dtype), empty(x.shape, self.dtype)
        self.mean(send(x), y)
        self.largest(send(x), most, places)
        self.share(send(dy), shared)
        self.give(send(dy), places, given)
        found = (y, most, shared, given)
        first = np.arange(size) == x.argmax(axis=-1)[..., None]
        even = np.repeat(dy[..., None], size, axis=-1) / size
        return all(map(self.near, found, (x.mean(axis=-1), x.max(axis=-1), even, first * dy[..., None])))

    def _reduce(self, name: str, arrays: tuple[Array, ...]) -> None:
        n = arrays[1].size
        numbers = np.int64(n), np.int64(arrays[0].size // n)
        self.function(name)((-(-n // ROWS),), (WIDTH, ROWS), (*arrays, *numbers))

    def _spread(self, name: str, arrays: tuple[Array, ...], rows: int) -> None:
        n = arrays[-1].size
        self.function(name)(blocks(n), (THREADS,), (*arrays, np.int64(n), np.int64(n // rows)))
