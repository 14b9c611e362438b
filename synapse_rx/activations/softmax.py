"""The softmax."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ..scratch import Scratch
from ..typing import Array
from .base import Activation
from .rows import row_max, row_sum


@frozen
class Softmax(Activation):
    """
    Probabilities along the last axis, ``y_i = exp(z_i - m) / sum_j exp(z_j - m)`` with m the largest z.

    The gradient goes through the full Jacobian: ``dz_i = y_i (dy_i - sum_j dy_j y_j)``.
    """

    range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        row = s.array("softmax_row", z.shape[1:-1])
        row_max(z, row, s)
        s.xp.subtract(z, row[..., None], out=y)
        s.xp.exp(y, out=y)
        row_sum(y, row, s)
        s.xp.divide(y, row[..., None], out=y)

    def backward(self, z: Array, y: Array, dy: Array, dz: Array, s: Scratch) -> None:
        row = s.array("softmax_row", z.shape[1:-1])
        s.xp.multiply(dy, y, out=dz)
        row_sum(dz, row, s)
        s.xp.subtract(dy, row[..., None], out=dz)
        s.xp.multiply(dz, y, out=dz)
