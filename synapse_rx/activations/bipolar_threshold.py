"""The bipolar threshold unit."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ..scratch import Scratch
from ..typing import Array
from .base import Activation


@frozen
class BipolarThreshold(Activation):
    """The threshold unit with outputs of either sign, ``y = 1 if z >= 0 else -1``; NaN stays NaN."""

    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    differentiable: ClassVar[bool] = False
    initializer: ClassVar[str] = "scaled_normal"

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        s.xp.sign(z, out=y)
        s.xp.add(y, 0.5, out=y)
        s.xp.sign(y, out=y)
