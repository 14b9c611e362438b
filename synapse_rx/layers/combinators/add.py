"""The sum of several values."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from ...scratch import Scratch
from ...typing import Array
from .merge import Merge


@frozen
class Add(Merge):
    """
    The sum of several values, number by number; each is given the whole gradient.

    Shapes:
        x a tuple of arrays (N, *shape), y (N, *shape)

    Raises:
        ShapeError: If they differ in shape.
    """

    def forward(self, x: Any, s: Scratch) -> Array:
        return self.fold(s.xp.add, x, s)

    def backward(self, x: Any, y: Array, dy: Array, s: Scratch) -> Any:
        return (dy,) * len(x) if s.needs_dx else None
