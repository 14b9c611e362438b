"""Start from one number."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from ..options import finite, number
from ..typing import Array, Shape
from .base import Initializer


@frozen
class Constant(Initializer):
    """
    The same value everywhere.

    Args:
        value: That value, such as 1.0 for the bias of a forget gate.
    """

    value: float = field(converter=number, validator=finite)

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        return np.full(shape, self.value)
