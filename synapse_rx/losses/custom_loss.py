"""A loss given by functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import field, frozen

from ..errors import OptionError, ShapeError
from ..scratch import Scratch
from ..typing import Array, Data
from .base import Loss


def _callable(instance: Any, attribute: Any, value: Any) -> None:
    if not callable(value):
        raise OptionError(
            f"{attribute.alias} of custom_loss must be a function of outputs and targets, not {value!r}"
        )


@frozen
class CustomLoss(Loss):
    """
    A loss given by two functions of arrays: its value and its gradient.

    They get outputs and targets of a batch where the program computes (numpy or cupy), must not write to them, and may
    allocate. That they belong together is the caller's part. Functions cannot be written down: a network saved with
    such a loss is an error, and `to_data` says so.

    Args:
        value: ``value(y, t)`` returns each sample's loss, (N,).
        gradient: ``gradient(y, t)`` returns the derivative of their sum by each output, shaped like y.
    """

    value: Callable[[Array, Array], Array] = field(validator=_callable)
    gradient_of: Callable[[Array, Array], Array] = field(validator=_callable, alias="gradient")

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        values[...] = _shaped(self.value(y, t), values.shape, "value", "one number a sample")

    def gradient(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        s.xp.multiply(
            _shaped(self.gradient_of(y, t), y.shape, "gradient", "one number an output"), scale, out=dy
        )

    def to_data(self) -> dict[str, Data]:
        raise OptionError(
            "custom_loss holds functions, which cannot be written down; give the network a loss with a name before "
            "(with_loss), and this one again after loading"
        )


def _shaped(result: Any, shape: tuple[int, ...], what: str, wanted: str) -> Any:
    if np.shape(result) != shape:
        raise ShapeError(
            f"{what} of custom_loss must return {wanted}, {shape} here, but it returned shape {np.shape(result)}"
        )
    return result
