"""Rows added to a table where their numbers say, always in one order."""

from __future__ import annotations

import numpy as np

from ...typing import Array
from .grid import THREADS, blocks
from .kernels import Fused

PART = 64
"""Rows in order that one thread adds up; what was found of longer runs is added by another kernel."""

LARGEST = 1 << 15
"""Rows that are put in order by comparing each number with all others; more are sorted by the array module."""


class AddRows(Fused):
    """
    ``table[numbers[k]] += values[k]`` for every k, in the order of k within parts of each run of equal numbers.

    Atomic additions would give another rounding each time. Here places in the order of numbers are found first; there
    the rows of one number lie one behind the other, and are added by one thread for each column and part.
    """

    source = f"""
#define THREADS {THREADS}
#define PART {PART}

extern "C" __global__ void rank(const long long* numbers, long long* order, long long n) {{
    __shared__ long long others[THREADS];
    const long long k = (long long)blockIdx.x * THREADS + threadIdx.x;
    const long long own = k < n ? numbers[k] : 0;
    long long before = 0;
    for (long long first = 0; first < n; first += THREADS) {{
        if (first + threadIdx.x < n) others[threadIdx.x] = numbers[first + threadIdx.x];
        __syncthreads();
        const int count = n - first < THREADS ? (int)(n - first) : THREADS;
        for (int i = 0; i < count; i++) before += others[i] < own || (others[i] == own && first + i < k);
        __syncthreads();
    }}
    if (k < n) order[before] = k;
}}

extern "C" __global__ void add_parts(const real* values, const long long* numbers, const long long* order, real* sums,
                                     long long n, long long width) {{
    const long long at = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (at >= n * width) return;
    const long long i = at / width, column = at - i * width;
    const long long number = numbers[order[i]];
    // Only where a run of equal numbers begins, or a part of one.
    if (i % PART && numbers[order[i - 1]] == number) return;
    const long long end = (i / PART + 1) * PART < n ? (i / PART + 1) * PART : n;
    real sum = 0;
    for (long long k = i; k < end; k++) {{
        const long long row = order[k];
        if (numbers[row] != number) break;
        sum += values[row * width + column];
    }}
    sums[at] = sum;
}}

extern "C" __global__ void add_runs(const real* sums, const long long* numbers, const long long* order, real* table,
                                    long long n, long long width) {{
    const long long at = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (at >= n * width) return;
    const long long i = at / width, column = at - i * width;
    const long long number = numbers[order[i]];
    if (i && numbers[order[i - 1]] == number) return;
    real sum = sums[at];
    for (long long k = (i / PART + 1) * PART; k < n && numbers[order[k]] == number; k += PART)
        sum += sums[k * width + column];
    table[number * width + column] += sum;
}}
"""

    def __call__(self, table: Array, numbers: Array, values: Array, order: Array, sums: Array) -> None:
        """
        Add rows.

        Args:
            table: (R, width).
            numbers: Which rows of it, (K,) of int64.
            values: What is added to them, (K, width).
            order: Memory (K,) of int64.
            sums: Memory (K, width).
        """
        n, width = values.shape
        sizes = np.int64(n), np.int64(width)
        if n <= LARGEST:
            self.function("rank")(blocks(n), (THREADS,), (numbers, order, np.int64(n)))
        else:
            # Made different, so that it does not matter whether what is equal stays in its order.
            xp = self.xp
            order[...] = xp.remainder(xp.sort(numbers * n + xp.arange(n)), n)
        grid = blocks(n * width)
        self.function("add_parts")(grid, (THREADS,), (values, numbers, order, sums, *sizes))
        self.function("add_runs")(grid, (THREADS,), (sums, numbers, order, table, *sizes))

    def agrees(self) -> bool:
        rng = np.random.default_rng(0)
        numbers = np.concatenate([np.full(2 * PART + 5, 2), rng.integers(0, 6, THREADS)])
        rng.shuffle(numbers)
        values, expected = (rng.standard_normal((n, 3)).astype(self.dtype) for n in (len(numbers), 7))
        send, made = self.xp.array, self.xp.empty
        table = send(expected)
        self(table, send(numbers), send(values), made(len(numbers), np.int64), made(values.shape, self.dtype))
        np.add.at(expected, numbers, values)
        return self.near(table, expected)
