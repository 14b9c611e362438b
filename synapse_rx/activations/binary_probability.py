"""The binary unit that takes the more probable value."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ..scratch import Scratch
from ..typing import Array
from .base import Activation
from .binary_threshold import step


@frozen
class BinaryProbability(Activation):
    """
    The more probable value of a `BinaryStochastic` unit, ``y = 1 if sigmoid(z) >= 1/2 else 0``; "binary_prob".

    Since ``sigmoid(z) >= 1/2`` exactly where ``z >= 0``, no exponential is taken.
    """

    aliases: ClassVar[tuple[str, ...]] = ("binary_prob",)
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    differentiable: ClassVar[bool] = False
    initializer: ClassVar[str] = "scaled_normal"

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        step(z, y, s)
