"""Which samples are assigned to the wrong class, in one pass."""

from __future__ import annotations

import numpy as np

from ...typing import Array
from .gather import NOTHING
from .kernels import Fused

WIDTH, ROWS = 32, 8
"""A block of threads: a warp for each of so many samples."""


class Misses(Fused):
    """1 for each row where the first of the largest stands elsewhere in y than in t, or where y has a NaN; else 0."""

    source = """
#define WIDTH 32
#define ROWS 8

// Whether a stands before b as the largest: as in numpy, what is not a number is larger than all that are.
__device__ bool wins(real a, int i, real b, int j) {
    const bool more = a > b || (a != a && b == b), same = a == b || (a != a && b != b);
    return more || (same && i < j);
}

// The place of the largest number of a row; all threads of the block take part.
__device__ int winner(const real* row, int outputs, real* numbers, int* places, real* largest) {
    real* own = numbers + threadIdx.y * WIDTH;
    int* at = places + threadIdx.y * WIDTH;
    int place = (int)threadIdx.x < outputs ? threadIdx.x : 0;
    real best = outputs ? row[place] : real(0);
    for (int k = place + WIDTH; k < outputs; k += WIDTH)
        if (wins(row[k], k, best, place)) best = row[k], place = k;
    __syncthreads();
    own[threadIdx.x] = best;
    at[threadIdx.x] = place;
    for (int half = WIDTH / 2; half > 0; half /= 2) {
        __syncthreads();
        const int a = threadIdx.x, b = a + half;
        if (a < half && wins(own[b], at[b], own[a], at[a])) own[a] = own[b], at[a] = at[b];
    }
    __syncthreads();
    *largest = own[0];
    return at[0];
}

extern "C" __global__ void misses(const real* y, const real* t, real* values, long long n, int outputs,
                                  const long long* at) {
    __shared__ real numbers[ROWS * WIDTH];
    __shared__ int places[ROWS * WIDTH];
    const long long row = (long long)blockIdx.x * ROWS + threadIdx.y;
    // Rows behind the last read nothing, but their threads wait with the others.
    const int width = row < n ? outputs : 0;
    real largest, wanted_value;
    const int given = winner(y + row * outputs, width, numbers, places, &largest);
    const int wanted = winner(t + row * outputs, width, numbers, places, &wanted_value);
    const bool wrong = given != wanted || largest != largest;
    if (threadIdx.x == 0 && row < n) values[(at ? at[0] : 0) + row] = wrong ? real(1) : real(0);
}
"""

    def __call__(self, y: Array, t: Array, values: Array, at: Array | None = None) -> None:
        """Write 1 or 0 for each row of y and t (N, outputs) into ``values`` (N,), behind as many as ``at`` counts."""
        n, outputs = y.shape
        numbers = np.int64(n), np.int32(outputs), NOTHING if at is None else at
        self.function("misses")((max(1, -(-n // ROWS)),), (WIDTH, ROWS), (y, t, values, *numbers))

    def agrees(self) -> bool:
        return all(self._agrees(outputs) for outputs in (2, 10, 77))

    def _agrees(self, outputs: int) -> bool:
        rng = np.random.default_rng(outputs)
        y = rng.integers(0, 4, (21, outputs)).astype(self.dtype)
        t = rng.integers(0, 4, (21, outputs)).astype(self.dtype)
        t[::2], y[4, 1] = y[::2], np.nan
        values = self.xp.empty(21, self.dtype)
        self(self.xp.array(y), self.xp.array(t), values)
        expected = (y.argmax(axis=1) != t.argmax(axis=1)) | np.isnan(y).any(axis=1)
        return self.near(values, expected)
