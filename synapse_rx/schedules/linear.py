"""A straight line."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from ..options import finite, number, positive
from .base import Schedule


@frozen
class Linear(Schedule):
    """
    From ``start`` to ``end`` in a straight line, ``start + (end - start) epoch / epochs``; then ``end``.

    Args:
        start: The first value.
        end: The last value.
        epochs: How long it takes, > 0.
    """

    start: float = field(converter=number, validator=finite)
    end: float = field(converter=number, validator=finite)
    epochs: float = field(converter=number, validator=positive)

    def at(self, epoch: float, step: int, stats: Any = None) -> float:
        if epoch >= self.epochs:
            return self.end
        return self.start + (self.end - self.start) * (epoch / self.epochs)
