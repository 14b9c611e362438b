"""The value that stays."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from ..options import finite, number
from .base import Schedule


@frozen
class Constant(Schedule):
    """
    The same value ever after.

    Args:
        value: The value.
    """

    value: float = field(converter=number, validator=finite)

    def at(self, epoch: float, step: int, stats: Any = None) -> float:
        return self.value
