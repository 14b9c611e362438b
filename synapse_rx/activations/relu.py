"""The rectified linear unit."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ..scratch import Scratch
from ..typing import Array
from .base import Activation


@frozen
class ReLU(Activation):
    """The rectified linear unit, ``y = max(z, 0)``, with gradient 0 at z = 0 (Nair & Hinton, 2010)."""

    kind: ClassVar[str] = "relu"
    range: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    initializer: ClassVar[str] = "he"

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        s.xp.maximum(z, 0.0, out=y)

    def backward(self, z: Array, y: Array, dy: Array, dz: Array, s: Scratch) -> None:
        s.xp.greater(y, 0.0, out=dz)
        s.xp.multiply(dz, dy, out=dz)
