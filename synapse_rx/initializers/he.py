"""The initialiser for rectifiers."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from attrs import field, frozen

from ..typing import Array, Shape
from .base import Initializer
from .variance import a_distribution, draw


@frozen
class He(Initializer):
    """
    Variance ``2 / fan_in`` (He et al., 2015, equation 10); also known as "kaiming".

    Args:
        distribution: "normal" or "uniform" (within ``sqrt(6 / fan_in)``).
    """

    aliases: ClassVar[tuple[str, ...]] = ("kaiming",)

    distribution: str = field(default="normal", validator=a_distribution)

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        return draw(rng, shape, (2 / fan_in) ** 0.5, self.distribution)
