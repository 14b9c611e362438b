"""The scaled exponential linear unit."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ..scratch import Scratch
from ..typing import Array
from .base import Activation

ALPHA = 1.6732632423543772848
SCALE = 1.0507009873554804934


@frozen
class SELU(Activation):
    """
    The scaled exponential linear unit, ``y = SCALE (z if z > 0 else ALPHA (exp(z) - 1))``.

    The constants keep mean 0 and variance 1 from layer to layer where weights start from "lecun" (Klambauer et al.,
    2017, equation 2).
    """

    range: ClassVar[tuple[float, float]] = (-1.7581, float("inf"))
    initializer: ClassVar[str] = "lecun"

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        positive = s.array("selu_positive", z.shape[1:])
        s.xp.maximum(z, 0.0, out=positive)
        s.xp.multiply(positive, SCALE, out=positive)
        s.xp.minimum(z, 0.0, out=y)
        s.xp.expm1(y, out=y)
        s.xp.multiply(y, SCALE * ALPHA, out=y)
        s.xp.add(y, positive, out=y)

    def backward(self, z: Array, y: Array, dy: Array, dz: Array, s: Scratch) -> None:
        # Where z <= 0 the derivative is y + SCALE ALPHA; elsewhere that is SCALE ALPHA with y cut off, not SCALE.
        surplus = s.array("selu_positive", z.shape[1:])
        s.xp.greater(y, 0.0, out=surplus)
        s.xp.multiply(surplus, SCALE * (1 - ALPHA), out=surplus)
        s.xp.minimum(y, 0.0, out=dz)
        s.xp.add(dz, SCALE * ALPHA, out=dz)
        s.xp.add(dz, surplus, out=dz)
        s.xp.multiply(dz, dy, out=dz)
