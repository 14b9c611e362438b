"""Draw uniformly between two limits."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import field, frozen

from ..errors import OptionError
from ..options import finite, number
from ..typing import Array, Shape
from .base import Initializer


def _order(instance: Any, attribute: Any, value: float) -> None:
    finite(instance, attribute, value)
    if value <= instance.low:
        raise OptionError(
            f"high of {instance.kind} must be a number above low, which is {instance.low}, not {value}"
        )


@frozen
class Uniform(Initializer):
    """
    Uniform numbers, above ``low`` and up to ``high``.

    Args:
        low: The lower limit.
        high: The upper limit.
    """

    low: float = field(converter=number, validator=finite)
    high: float = field(converter=number, validator=_order)

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        return between(rng, self.low, self.high, shape)


def between(rng: np.random.Generator, low: float, high: float, shape: Shape) -> Array:
    """Return uniform numbers in (low, high]."""
    return np.asarray(high - (high - low) * rng.random(shape))
