"""Where a device stands in an epoch: three numbers in its own memory, so that it goes on without being told."""

from __future__ import annotations

import numpy as np

from ...typing import Array
from .kernels import Fused


class Advance(Fused):
    """Counts ``at``: the first sample of the batch at hand, the row of the table of steps, and random numbers drawn."""

    source = """
extern "C" __global__ void advance(long long* at, long long n, long long drawn) {
    at[0] += n;
    at[1] += 1;
    at[2] += drawn;
}
"""

    def __call__(self, at: Array, n: int, drawn: int = 0) -> None:
        """Go on by a batch of n samples, one step, and as many numbers as were drawn in it."""
        self.function("advance")((1,), (1,), (at, np.int64(n), np.int64(drawn)))

    def agrees(self) -> bool:
        at = self.xp.array(np.array([3, 5, 8]))
        self(at, 4, 11)
        return self.xp.asnumpy(at).tolist() == [7, 6, 19]
