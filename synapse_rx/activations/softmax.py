"""The softmax."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ..scratch import Scratch
from ..typing import Array
from .along import AlongAxis


@frozen
class Softmax(AlongAxis):
    """
    Probabilities along an axis, ``y_i = exp(z_i - m) / sum_j exp(z_j - m)`` with m the largest z.

    The gradient goes through the full Jacobian: ``dz_i = y_i (dy_i - sum_j dy_j y_j)``.

    Args:
        axis: Which axis of a sample, without the batch: 0 for the channels of (C, H, W), by default the last.
    """

    range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        fused = self.fused(s, z, y)
        if fused is not None:
            fused.forward(z, y)
            return
        row = self.totals("softmax_row", z, s)
        self.maximum(z, row, s)
        s.xp.subtract(z, row, out=y)
        s.xp.exp(y, out=y)
        self.sum(y, row, s)
        s.xp.divide(y, row, out=y)

    def backward(self, z: Array, y: Array, dy: Array, dz: Array, s: Scratch) -> None:
        fused = self.fused(s, y, dy, dz)
        if fused is not None:
            fused.backward(y, dy, dz)
            return
        row = self.totals("softmax_row", z, s)
        s.xp.multiply(dy, y, out=dz)
        self.sum(dz, row, s)
        s.xp.subtract(dy, row, out=dz)
        s.xp.multiply(dz, y, out=dz)
