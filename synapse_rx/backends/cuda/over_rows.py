"""Rows of a matrix that threads read together: a warp for each of several short ones, a block for a long one."""

from __future__ import annotations

THREADS = 256
"""Threads of a block: several rows of a warp each, or one long row."""

SHORT = 1024
"""Up to so many numbers a row is the work of one warp."""

OVER_ROW = """
#define THREADS 256

// The sum of what the threads of a row have, or the largest of it; all threads of the block take part.
__device__ real over_row(real mine, bool largest, real* room) {
    real* row = room + threadIdx.y * blockDim.x;
    __syncthreads();
    row[threadIdx.x] = mine;
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) {
            const real a = row[threadIdx.x], b = row[threadIdx.x + half];
            row[threadIdx.x] = largest ? (b > a ? b : a) : a + b;
        }
    }
    __syncthreads();
    return row[0];
}
"""
"""Sums and maxima; a kernel gives it ``__shared__ real room[THREADS]``."""


def over_rows(n: int, width: int) -> tuple[tuple[int], tuple[int, int]]:
    """Return grid and block for n rows of so many numbers."""
    each = 32 if width <= SHORT else THREADS
    rows = THREADS // each
    return (max(1, -(-n // rows)),), (each, rows)
