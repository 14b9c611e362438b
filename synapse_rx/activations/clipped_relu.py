"""The rectified linear unit with a ceiling."""

from __future__ import annotations

from typing import ClassVar

from attrs import field, frozen

from ..options import number, positive
from ..scratch import Scratch
from ..typing import Array
from .base import Activation


@frozen
class ClippedReLU(Activation):
    """
    The rectified linear unit with a ceiling, ``y = min(max(z, 0), ceiling)``; by default also known as "relu6".

    The gradient is 0 at z = 0, at the ceiling and beyond (Krizhevsky, 2010, with ceiling 6).

    Args:
        ceiling: The largest output, > 0.
    """

    kind: ClassVar[str] = "clipped_relu"
    aliases: ClassVar[tuple[str, ...]] = ("relu6",)
    range: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    initializer: ClassVar[str] = "he"

    ceiling: float = field(default=6.0, converter=number, validator=positive)

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        s.xp.maximum(z, 0.0, out=y)
        s.xp.minimum(y, self.ceiling, out=y)

    def backward(self, z: Array, y: Array, dy: Array, dz: Array, s: Scratch) -> None:
        # min(y, ceiling - y) is 0 at both ends and positive between; its sign is the derivative.
        s.xp.subtract(self.ceiling, y, out=dz)
        s.xp.minimum(dz, y, out=dz)
        s.xp.sign(dz, out=dz)
        s.xp.multiply(dz, dy, out=dz)
