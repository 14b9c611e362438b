"""Half a cosine, behind a warm-up."""

from __future__ import annotations

import math
from typing import Any

from attrs import field, frozen

from ..errors import OptionError
from ..options import finite, non_negative, number, positive
from .base import Schedule


@frozen
class Cosine(Schedule):
    """
    Half a cosine from ``start`` down to ``end`` (Loshchilov & Hutter, 2017, equation 5), behind a linear warm-up.

    ``end + (start - end) (1 + cos(pi (epoch - warmup) / (epochs - warmup))) / 2``; then ``end``.

    Args:
        start: The highest value, where the cosine begins.
        epochs: How long it takes, warm-up included.
        end: The last value.
        warmup: Epochs of a straight line from ``first`` to ``start`` (Goyal et al., 2017, section 2.2); 0 for none.
        first: Where the warm-up begins.

    Raises:
        OptionError: If a value is out of range, or the warm-up takes all epochs.
    """

    start: float = field(converter=number, validator=finite)
    epochs: float = field(converter=number, validator=positive)
    end: float = field(default=0.0, converter=number, validator=finite)
    warmup: float = field(default=0.0, converter=number, validator=non_negative)
    first: float = field(default=0.0, converter=number, validator=finite)

    def __attrs_post_init__(self) -> None:
        if self.warmup >= self.epochs:
            raise OptionError(
                f"the warm-up of {self.warmup:g} epochs must be shorter than all {self.epochs:g}"
            )

    def at(self, epoch: float, step: int, stats: Any = None) -> float:
        if epoch < self.warmup:
            return self.first + (self.start - self.first) * (epoch / self.warmup)
        return between(self.start, self.end, (epoch - self.warmup) / (self.epochs - self.warmup))


def between(start: float, end: float, way: float) -> float:
    """Return the point of half a cosine from ``start`` to ``end`` after the fraction ``way`` of it."""
    if way >= 1:
        return end
    return end + (start - end) * (1 + math.cos(math.pi * way)) / 2
