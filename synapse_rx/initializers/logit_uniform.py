"""Draw so that a sigmoid makes uniform probabilities of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import field, frozen

from ..errors import OptionError
from ..options import fraction, number
from ..typing import Array, Shape
from .base import Initializer
from .uniform import between


def _order(instance: Any, attribute: Any, value: float) -> None:
    fraction(instance, attribute, value)
    if value <= instance.low:
        raise OptionError(
            f"high of {instance.kind} must be a number above low, which is {instance.low}, not {value}"
        )


@frozen
class LogitUniform(Initializer):
    """
    The logits ``ln(p / (1 - p))`` of uniform probabilities p, so that ``sigmoid`` of them is uniform.

    Args:
        low: The lower limit of p, in [0, 1).
        high: The upper limit of p, in (low, 1).
    """

    low: float = field(converter=number, validator=fraction)
    high: float = field(converter=number, validator=_order)

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        p = between(rng, self.low, self.high, shape)
        return np.log(p) - np.log1p(-p)
