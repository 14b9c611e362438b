"""The exponential linear unit."""

from __future__ import annotations

from typing import ClassVar

from attrs import field, frozen

from ..options import non_negative, number
from ..scratch import Scratch
from ..typing import Array
from .base import Activation


@frozen
class ELU(Activation):
    """
    The exponential linear unit, ``y = z if z > 0 else alpha (exp(z) - 1)`` (Clevert et al., 2016, equation 15).

    Args:
        alpha: Minus the limit towards z = -inf, >= 0; also the derivative at z = 0.
    """

    initializer: ClassVar[str] = "he"

    alpha: float = field(default=1.0, converter=number, validator=non_negative)

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        positive = s.array("elu_positive", z.shape[1:])
        s.xp.maximum(z, 0.0, out=positive)
        s.xp.minimum(z, 0.0, out=y)
        s.xp.expm1(y, out=y)
        s.xp.multiply(y, self.alpha, out=y)
        s.xp.add(y, positive, out=y)

    def backward(self, z: Array, y: Array, dy: Array, dz: Array, s: Scratch) -> None:
        # Where z <= 0 the derivative is y + alpha; elsewhere min(y, 0) + alpha is alpha, and 1 - alpha is missing.
        s.xp.minimum(y, 0.0, out=dz)
        s.xp.add(dz, self.alpha, out=dz)
        if self.alpha != 1:
            missing = s.array("elu_positive", z.shape[1:])
            s.xp.greater(y, 0.0, out=missing)
            s.xp.multiply(missing, 1 - self.alpha, out=missing)
            s.xp.add(dz, missing, out=dz)
        s.xp.multiply(dz, dy, out=dz)
