"""The logistic function."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ..scratch import Scratch
from ..typing import Array
from .base import Activation


@frozen
class Sigmoid(Activation):
    """The logistic function, ``y = 1 / (1 + exp(-z))``, ``dz = dy y (1 - y)``; also known as "logistic"."""

    aliases: ClassVar[tuple[str, ...]] = ("logistic",)
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        logistic(z, y, s)

    def backward(self, z: Array, y: Array, dy: Array, dz: Array, s: Scratch) -> None:
        s.xp.subtract(1.0, y, out=dz)
        s.xp.multiply(dz, y, out=dz)
        s.xp.multiply(dz, dy, out=dz)


def logistic(z: Array, out: Array, s: Scratch) -> None:
    """
    Write 1 / (1 + exp(-z)) into ``out``, which may be z itself.

    To full relative accuracy in both tails, unlike ``(1 + tanh(z / 2)) / 2``, which is 0 from z = -17 on in float32:
    where exp(-z) overflows, the right result is below the smallest normal number.
    """
    s.xp.negative(z, out=out)
    s.xp.exp(out, out=out)
    s.xp.add(out, 1.0, out=out)
    s.xp.reciprocal(out, out=out)
