"""Start from zero."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from ..typing import Array, Shape
from .base import Initializer


@frozen
class Zeros(Initializer):
    """All zeros: what biases start from."""

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        return np.zeros(shape)
