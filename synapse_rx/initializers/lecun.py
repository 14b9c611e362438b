"""The initialiser that keeps the variance of the inputs."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from attrs import field, frozen

from ..typing import Array, Shape
from .base import Initializer
from .variance import a_distribution, draw


@frozen
class LeCun(Initializer):
    """
    Variance ``1 / fan_in`` (LeCun et al., 1998, "Efficient BackProp", equation 16).

    Args:
        distribution: "normal" or "uniform" (within ``sqrt(3 / fan_in)``).
    """

    kind: ClassVar[str] = "lecun"

    distribution: str = field(default="normal", validator=a_distribution)

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        return draw(rng, shape, (1 / fan_in) ** 0.5, self.distribution)
