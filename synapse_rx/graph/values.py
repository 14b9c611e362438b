"""Weights that are given one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import field, frozen

from ..errors import OptionError, ShapeError
from ..initializers import Initializer
from ..typing import Array, Shape


def _numbers(value: Any) -> tuple[float, ...]:
    try:
        array = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise OptionError(f"given weights are numbers, not {value!r}") from None
    if not np.isfinite(array).all():
        raise OptionError("given weights must be finite numbers")
    return tuple(array.ravel().tolist())


@frozen
class GivenValues(Initializer):
    """
    Start from these very numbers.

    Args:
        values: One for each weight, in the order they are kept in.

    Raises:
        OptionError: If they are no finite numbers.
        ShapeError: When drawn, if there are more or fewer than weights.
    """

    values: tuple[float, ...] = field(converter=_numbers)

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        array = np.array(self.values)
        if array.size != np.prod(shape, dtype=int):
            raise ShapeError(f"{array.size} weights are given where there are {shape}")
        return array.reshape(shape)
