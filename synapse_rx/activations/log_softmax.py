"""The logarithm of the softmax."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ..scratch import Scratch
from ..typing import Array
from .along import AlongAxis


@frozen
class LogSoftmax(AlongAxis):
    """
    Logarithms of probabilities along an axis, ``y_i = z_i - m - ln sum_j exp(z_j - m)`` with m the largest z.

    Exact where the softmax underflows; ``dz_i = dy_i - exp(y_i) sum_j dy_j``. Its loss is the
    `NegativeLogLikelihood`.

    Args:
        axis: Which axis of a sample, without the batch: 0 for the channels of (C, H, W), by default the last.
    """

    range: ClassVar[tuple[float, float]] = (float("-inf"), 0.0)

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        fused = self.fused(s, z, y)
        if fused is not None:
            fused.forward(z, y, logarithmic=True)
            return
        row, powers = self.totals("log_softmax_row", z, s), s.array("log_softmax_powers", z.shape[1:])
        self.maximum(z, row, s)
        s.xp.subtract(z, row, out=y)
        s.xp.exp(y, out=powers)
        self.sum(powers, row, s)
        s.xp.log(row, out=row)
        s.xp.subtract(y, row, out=y)

    def backward(self, z: Array, y: Array, dy: Array, dz: Array, s: Scratch) -> None:
        fused = self.fused(s, y, dy, dz)
        if fused is not None:
            fused.backward(y, dy, dz, logarithmic=True)
            return
        row = self.totals("log_softmax_row", z, s)
        self.sum(dy, row, s)
        s.xp.exp(y, out=dz)
        s.xp.multiply(dz, row, out=dz)
        s.xp.subtract(dy, dz, out=dz)
