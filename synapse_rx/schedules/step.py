"""Stairs."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from attrs import field, frozen

from ..errors import OptionError
from ..options import finite, number, positive
from .base import Schedule


def _optional_positive(instance: Any, attribute: Any, value: Any) -> None:
    if value is not None:
        positive(instance, attribute, value)


def _epochs(value: Any) -> Any:
    return tuple(map(number, value)) if isinstance(value, (list, tuple)) else value


def _rising(instance: Any, attribute: Any, value: Any) -> None:
    numbers = isinstance(value, tuple) and all(isinstance(epoch, float) for epoch in value)
    if not numbers or not all(a < b for a, b in zip((0.0, *value), value, strict=False)):
        raise OptionError(
            f"{attribute.alias} of {instance.kind} must be epochs > 0 in rising order, not {value!r}"
        )


@frozen
class Step(Schedule):
    """
    Stairs: ``start factor^k``, where k is the number of steps gone down.

    Args:
        start: The first value.
        factor: What each step multiplies it by, > 0.
        every: Epochs between the steps, or
        at: the epochs of the steps, in rising order.

    Raises:
        OptionError: If a value is out of range, or not exactly one of every and at is given.
    """

    start: float = field(converter=number, validator=finite)
    factor: float = field(default=0.1, converter=number, validator=positive)
    every: float | None = field(
        default=None, converter=lambda x: x if x is None else number(x), validator=_optional_positive
    )
    at_epochs: tuple[float, ...] = field(default=(), converter=_epochs, validator=_rising, alias="at")

    def __attrs_post_init__(self) -> None:
        if (self.every is None) == (not self.at_epochs):
            raise OptionError("step takes either every=EPOCHS or at=[EPOCH, ...]")

    def at(self, epoch: float, step: int, stats: Any = None) -> float:
        gone = bisect_right(self.at_epochs, epoch) if self.every is None else epoch // self.every
        return self.start * self.factor**gone
