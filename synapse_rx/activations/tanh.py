"""The hyperbolic tangent."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ..scratch import Scratch
from ..typing import Array
from .base import Activation


@frozen
class Tanh(Activation):
    """The hyperbolic tangent, ``y = tanh(z)``, ``dz = dy (1 - y^2)``; also known as "hyperbolic_tangent"."""

    aliases: ClassVar[tuple[str, ...]] = ("hyperbolic_tangent",)
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        s.xp.tanh(z, out=y)

    def backward(self, z: Array, y: Array, dy: Array, dz: Array, s: Scratch) -> None:
        s.xp.multiply(y, y, out=dz)
        s.xp.subtract(1.0, dz, out=dz)
        s.xp.multiply(dz, dy, out=dz)
