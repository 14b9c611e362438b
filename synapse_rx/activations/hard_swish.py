"""The hard swish."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ..scratch import Scratch
from ..typing import Array
from .base import Activation


@frozen
class HardSwish(Activation):
    """
    The swish with its sigmoid made of three straight lines, ``y = z min(max(z + 3, 0), 6) / 6``.

    The derivative is 0 up to z = -3, ``z / 3 + 1/2`` between, 1 from z = 3 on (Howard et al., 2019, section 5.2).
    """

    range: ClassVar[tuple[float, float]] = (-0.375, float("inf"))
    initializer: ClassVar[str] = "he"

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        s.xp.add(z, 3.0, out=y)
        s.xp.maximum(y, 0.0, out=y)
        s.xp.minimum(y, 6.0, out=y)
        s.xp.multiply(y, 1 / 6, out=y)
        s.xp.multiply(y, z, out=y)

    def backward(self, z: Array, y: Array, dy: Array, dz: Array, s: Scratch) -> None:
        # With r = z / 3 held to [-1, 1] the middle line is r + 1/2, and 1/2 too far out at both ends.
        end = s.array("hard_swish_end", z.shape[1:])
        s.xp.divide(z, 3.0, out=dz)
        s.xp.maximum(dz, -1.0, out=dz)
        s.xp.minimum(dz, 1.0, out=dz)
        s.xp.trunc(dz, out=end)
        s.xp.multiply(end, 0.5, out=end)
        s.xp.subtract(dz, end, out=dz)
        s.xp.add(dz, 0.5, out=dz)
        s.xp.multiply(dz, dy, out=dz)
