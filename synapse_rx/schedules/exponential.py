"""The same fraction in every epoch."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from ..options import finite, number, positive
from .base import Schedule


@frozen
class Exponential(Schedule):
    """
    A factor for each epoch, smoothly: ``max(end, start factor^epoch)``.

    Args:
        start: The first value.
        factor: What an epoch multiplies it by, > 0.
        end: Where it stops falling.
    """

    start: float = field(converter=number, validator=finite)
    factor: float = field(converter=number, validator=positive)
    end: float = field(default=0.0, converter=number, validator=finite)

    def at(self, epoch: float, step: int, stats: Any = None) -> float:
        return max(self.end, self.start * self.factor**epoch)
