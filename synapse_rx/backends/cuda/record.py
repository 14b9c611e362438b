"""Errors of a batch, put among those of the epoch where the device says they belong."""

from __future__ import annotations

import numpy as np

from ...typing import Array
from .grid import THREADS, blocks
from .kernels import Fused


class Record(Fused):
    """``rows[kind, at + i] = values[kind, i]`` for each kind of error and each sample i of a batch."""

    source = """
extern "C" __global__ void record(const real* values, real* rows, long long n, long long batch, long long samples,
                                  long long total, const long long* at) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= total) return;
    const long long kind = k / n, i = k - kind * n;
    rows[kind * samples + at[0] + i] = values[kind * batch + i];
}
"""

    def __call__(self, values: Array, rows: Array, n: int, at: Array) -> None:
        """
        Write the errors of n samples.

        Args:
            values: The errors of a batch, (kinds, batch).
            rows: Those of all samples, (kinds, samples).
            n: Samples of the batch.
            at: How many samples come before, known to the device alone (`Advance`).
        """
        kinds, batch = values.shape
        numbers = map(np.int64, (n, batch, rows.shape[1], kinds * n))
        self.function("record")(blocks(kinds * n), (THREADS,), (values, rows, *numbers, at))

    def agrees(self) -> bool:
        values, rows = (np.arange(size, dtype=self.dtype).reshape(3, -1) for size in (15, 36))
        found = self.xp.array(rows)
        self(self.xp.array(values), found, 4, self.xp.array(np.array([7, 1, 1])))
        rows[:, 7:11] = values[:, :4]
        return self.near(found, rows)
