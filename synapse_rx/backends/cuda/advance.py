"""Where a device stands in an epoch: two numbers in its own memory, so that it goes on without being told."""

from __future__ import annotations

import numpy as np

from ...typing import Array
from .kernels import Fused


class Advance(Fused):
    """Counts ``at``: the first sample of the batch at hand, and the row of the table of steps."""

    source = """
extern "C" __global__ void advance(long long* at, long long n) {
    at[0] += n;
    at[1] += 1;
}
"""

    def __call__(self, at: Array, n: int) -> None:
        """Go on by a batch of n samples and one step."""
        self.function("advance")((1,), (1,), (at, np.int64(n)))

    def agrees(self) -> bool:
        at = self.xp.array(np.array([3, 5]))
        self(at, 4)
        return self.xp.asnumpy(at).tolist() == [7, 6]
