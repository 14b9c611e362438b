"""The mish."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ..scratch import Scratch
from ..typing import Array
from .base import Activation

_FLAT = 20.0
"""From here on tanh(softplus(z)) is 1 in float64, and exp(2 z) is still far from overflowing in float32."""


@frozen
class Mish(Activation):
    """
    The mish, ``y = z tanh(ln(1 + exp(z)))`` (Misra, 2019).

    Computed as ``z w / (w + 2)`` with ``w = exp(z) (exp(z) + 2)``: one exponential, no logarithm, and every digit of
    the left tail.
    """

    range: ClassVar[tuple[float, float]] = (-0.309, float("inf"))
    initializer: ClassVar[str] = "he"

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        a = s.array("mish", z.shape[1:])
        s.xp.minimum(z, _FLAT, out=y)
        s.xp.exp(y, out=y)
        s.xp.add(y, 2.0, out=a)
        s.xp.multiply(y, a, out=y)
        s.xp.add(y, 2.0, out=a)
        s.xp.divide(y, a, out=y)
        s.xp.multiply(y, z, out=y)

    def backward(self, z: Array, y: Array, dy: Array, dz: Array, s: Scratch) -> None:
        # The derivative is h + z (1 - h) (1 + h) sigmoid(z) with h = w / (w + 2) and 1 - h = 2 / (w + 2).
        h, rest = s.array("mish", z.shape[1:]), s.array("mish_rest", z.shape[1:])
        s.xp.minimum(z, _FLAT, out=dz)
        s.xp.exp(dz, out=h)
        s.xp.add(h, 1.0, out=rest)
        s.xp.divide(h, rest, out=rest)
        s.xp.multiply(rest, dz, out=rest)
        s.xp.add(h, 2.0, out=dz)
        s.xp.multiply(h, dz, out=h)
        s.xp.add(h, 2.0, out=dz)
        s.xp.divide(h, dz, out=h)
        s.xp.divide(2.0, dz, out=dz)
        s.xp.multiply(rest, dz, out=rest)
        s.xp.add(h, 1.0, out=dz)
        s.xp.multiply(rest, dz, out=rest)
        s.xp.add(rest, h, out=rest)
        s.xp.multiply(rest, dy, out=dz)
