"""The swish."""

from __future__ import annotations

from typing import ClassVar

from attrs import field, frozen

from ..options import number, positive
from ..scratch import Scratch
from ..typing import Array
from .base import Activation
from .sigmoid import logistic


@frozen
class Swish(Activation):
    """
    The swish, ``y = z sigmoid(beta z)`` (Ramachandran et al., 2017); with beta = 1 also known as "silu".

    Args:
        beta: How sharply it bends, > 0.
    """

    aliases: ClassVar[tuple[str, ...]] = ("silu",)
    initializer: ClassVar[str] = "he"

    beta: float = field(default=1.0, converter=number, validator=positive)

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        s.xp.multiply(z, -self.beta, out=y)
        s.xp.exp(y, out=y)
        s.xp.add(y, 1.0, out=y)
        s.xp.divide(z, y, out=y)

    def backward(self, z: Array, y: Array, dy: Array, dz: Array, s: Scratch) -> None:
        # The derivative is p + beta y (1 - p) with p = sigmoid(beta z).
        rest = s.array("swish_rest", z.shape[1:])
        s.xp.multiply(z, self.beta, out=dz)
        logistic(dz, dz, s)
        s.xp.subtract(1.0, dz, out=rest)
        s.xp.multiply(rest, y, out=rest)
        s.xp.multiply(rest, self.beta, out=rest)
        s.xp.add(dz, rest, out=dz)
        s.xp.multiply(dz, dy, out=dz)
