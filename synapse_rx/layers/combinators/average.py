"""The mean of several values."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from ...scratch import Scratch
from ...typing import Array
from .merge import Merge


@frozen
class Average(Merge):
    """
    The mean of several values, number by number.

    Shapes:
        x a tuple of arrays (N, *shape), y (N, *shape)

    Raises:
        ShapeError: If they differ in shape.
    """

    def forward(self, x: Any, s: Scratch) -> Array:
        y = self.fold(s.xp.add, x, s)
        return s.xp.multiply(y, 1 / len(x), out=y)

    def backward(self, x: Any, y: Array, dy: Array, s: Scratch) -> Any:
        if not s.needs_dx:
            return None
        return (s.xp.multiply(dy, 1 / len(x), out=s.array("dx", dy.shape[1:])),) * len(x)
