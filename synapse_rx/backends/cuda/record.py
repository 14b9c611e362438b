"""Errors of a batch, put among those of the epoch where the device says they belong; then it goes on."""

from __future__ import annotations

import numpy as np

from ...typing import Array
from .kernels import Fused

THREADS = 1024
"""Those of the one block: where the device stands may change only once all have read it."""


class Record(Fused):
    """``rows[kind, at + i] = values[kind, i]`` for each kind of error and sample i of a batch, and `Advance` in one."""

    source = """
extern "C" __global__ void record(const real* values, real* rows, long long n, long long batch, long long samples,
                                  long long total, long long drawn, long long* at) {
    const long long first = at[0];
    __syncthreads();
    for (long long k = threadIdx.x; k < total; k += blockDim.x) {
        const long long kind = k / n, i = k - kind * n;
        rows[kind * samples + first + i] = values[kind * batch + i];
    }
    if (threadIdx.x) return;
    at[0] = first + n;
    at[1] += 1;
    at[2] += drawn;
}
"""

    def __call__(self, values: Array, rows: Array, n: int, at: Array, drawn: int = 0) -> None:
        """
        Write the errors of n samples, and go on by as many, by one step, and by the numbers that were drawn in it.

        Args:
            values: The errors of a batch, (kinds, batch).
            rows: Those of all samples, (kinds, samples).
            n: Samples of the batch.
            at: How many samples come before, known to the device alone; and the other two that `Advance` counts.
            drawn: Random numbers.
        """
        kinds, batch = values.shape
        numbers = map(np.int64, (n, batch, rows.shape[1], kinds * n, drawn))
        self.function("record")((1,), (THREADS,), (values, rows, *numbers, at))

    def agrees(self) -> bool:
        values, rows = (np.arange(size, dtype=self.dtype).reshape(3, -1) for size in (15, 36))
        found, at = self.xp.array(rows), self.xp.array(np.array([7, 1, 2]))
        self(self.xp.array(values), found, 4, at, 5)
        rows[:, 7:11] = values[:, :4]
        return self.near(found, rows) and self.xp.asnumpy(at).tolist() == [11, 2, 7]
