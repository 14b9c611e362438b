"""A little more with every update."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from ..errors import OptionError
from ..options import finite, number
from .base import Schedule


@frozen
class Ramp(Schedule):
    """
    From ``start`` in steps of ``step`` a batch up (or down) to ``end``: ``min(start + step n, end)``.

    The one schedule that counts updates instead of epochs; so Synaptic raised its momentum.

    Args:
        start: The value of the first update.
        step: What each further update adds.
        end: Where it stops.

    Raises:
        OptionError: If the steps lead away from the end.
    """

    start: float = field(converter=number, validator=finite)
    step: float = field(converter=number, validator=finite)
    end: float = field(converter=number, validator=finite)

    def __attrs_post_init__(self) -> None:
        if self.step * (self.end - self.start) < 0 or (self.step == 0 and self.end != self.start):
            raise OptionError(f"steps of {self.step:g} never lead from {self.start:g} to {self.end:g}")

    def at(self, epoch: float, step: int, stats: Any = None) -> float:
        value = self.start + self.step * step
        return min(value, self.end) if self.step >= 0 else max(value, self.end)
