"""The initialiser for activations that are linear around zero."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from attrs import field, frozen

from ..options import non_negative, number
from ..typing import Array, Shape
from .base import Initializer
from .variance import a_distribution, draw


@frozen
class Glorot(Initializer):
    """
    Variance ``2 gain^2 / (fan_in + fan_out)`` (Glorot & Bengio, 2010, equations 12 and 16); also known as "xavier".

    Args:
        distribution: "uniform" (within ``gain sqrt(6 / (fan_in + fan_out))``) or "normal".
        gain: Multiplies every weight, >= 0.
    """

    aliases: ClassVar[tuple[str, ...]] = ("xavier",)

    distribution: str = field(default="uniform", validator=a_distribution)
    gain: float = field(default=1.0, converter=number, validator=non_negative)

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        return draw(rng, shape, self.gain * (2 / (fan_in + fan_out)) ** 0.5, self.distribution)
