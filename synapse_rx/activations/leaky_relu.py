"""The leaky rectified linear unit."""

from __future__ import annotations

from typing import ClassVar

from attrs import field, frozen

from ..options import number, unit
from ..scratch import Scratch
from ..typing import Array
from .base import Activation


@frozen
class LeakyReLU(Activation):
    """
    The leaky rectified linear unit, ``y = max(z, slope z)`` (Maas et al., 2013).

    Args:
        slope: The derivative where z <= 0, in [0, 1].
    """

    kind: ClassVar[str] = "leaky_relu"
    initializer: ClassVar[str] = "he"

    slope: float = field(default=0.01, converter=number, validator=unit)

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        s.xp.multiply(z, self.slope, out=y)
        s.xp.maximum(z, y, out=y)

    def backward(self, z: Array, y: Array, dy: Array, dz: Array, s: Scratch) -> None:
        s.xp.greater(z, 0.0, out=dz)
        s.xp.maximum(dz, self.slope, out=dz)
        s.xp.multiply(dz, dy, out=dz)
