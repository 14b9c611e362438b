"""Softmax and cross-entropy in one pass: outputs, losses and the gradient of the logits."""

from __future__ import annotations

import numpy as np

from ...typing import Array
from .gather import NOTHING
from .kernels import Fused
from .over_rows import OVER_ROW, SHORT, over_rows


class SoftmaxCrossEntropy(Fused):
    """
    From logits z and targets t: ``y = softmax(z)``, each row's ``T ln sum exp(z - m) - sum t (z - m)``, and
    ``dz = (T y - t) scale``, with T the sum of a row's targets and m its largest logit.
    """

    source = (
        OVER_ROW
        + """
extern "C" __global__ void softmax_cross_entropy(const real* z, const real* t, real* y, real* values, real* dz,
                                                 real scale, long long n, long long outputs, const long long* at) {
    __shared__ real room[THREADS];
    const long long row = (long long)blockIdx.x * blockDim.y + threadIdx.y;
    // Rows behind the last have nothing to read or write, but their threads wait with the others.
    const long long begin = row * outputs, end = row < n ? outputs : 0;
    real mine = row < n ? z[begin] : real(0);
    for (long long k = threadIdx.x; k < end; k += blockDim.x) mine = z[begin + k] > mine ? z[begin + k] : mine;
    const real top = over_row(mine, true, room);
    real sum = 0, targets = 0, along = 0;
    for (long long k = threadIdx.x; k < end; k += blockDim.x) {
        const real away = z[begin + k] - top, power = exp(away);
        y[begin + k] = power;
        sum += power;
        targets += t[begin + k];
        along += t[begin + k] * away;
    }
    sum = over_row(sum, false, room);
    targets = over_row(targets, false, room);
    along = over_row(along, false, room);
    for (long long k = threadIdx.x; k < end; k += blockDim.x) {
        const real share = y[begin + k] / sum;
        y[begin + k] = share;
        dz[begin + k] = (share * targets - t[begin + k]) * scale;
    }
    if (threadIdx.x == 0 && row < n) values[(at ? at[0] : 0) + row] = log(sum) * targets - along;
}
"""
    )

    def __call__(
        self, z: Array, t: Array, y: Array, values: Array, dz: Array, scale: float, at: Array | None = None
    ) -> None:
        """
        Write outputs, losses (N,) and the gradient of the logits; all others are (N, outputs).

        Losses are written behind those of as many samples as ``at`` counts, if it is given (`Advance`).
        """
        n, outputs = z.shape
        numbers = self.dtype.type(scale), np.int64(n), np.int64(outputs), NOTHING if at is None else at
        self.function("softmax_cross_entropy")(*over_rows(n, outputs), (z, t, y, values, dz, *numbers))

    def agrees(self) -> bool:
        return self._agrees(11, 10) and self._agrees(2, SHORT + 1)

    def _agrees(self, n: int, outputs: int) -> bool:
        rng, send, empty = np.random.default_rng(0), self.xp.array, self.xp.empty
        z = (30 * rng.standard_normal((n, outputs))).astype(self.dtype)
        t = rng.random((n, outputs)).astype(self.dtype)
        y, dz, values = empty(z.shape, self.dtype), empty(z.shape, self.dtype), empty(n, self.dtype)
        self(send(z), send(t), y, values, dz, 0.5)
        away = z - z.max(axis=1, keepdims=True)
        share, total = np.exp(away), t.sum(axis=1)
        sums = share.sum(axis=1)
        share /= sums[:, None]
        return (
            self.near(y, share)
            and self.near(values, np.log(sums) * total - (t * away).sum(axis=1))
            and self.near(dz, (share * total[:, None] - t) * self.dtype.type(0.5))
        )
