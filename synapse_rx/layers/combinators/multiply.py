"""The product of several values."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from ...scratch import Scratch
from ...typing import Array
from .merge import Merge


@frozen
class Multiply(Merge):
    """
    The product of several values, number by number: a gate, where one of them comes from a sigmoid.

    Shapes:
        x a tuple of arrays (N, *shape), y (N, *shape)

    Raises:
        ShapeError: If they differ in shape.
    """

    def forward(self, x: Any, s: Scratch) -> Array:
        return self.fold(s.xp.multiply, x, s)

    def backward(self, x: Any, y: Array, dy: Array, s: Scratch) -> Any:
        return tuple(self._gradient(x, dy, k, s) for k in range(len(x))) if s.needs_dx else None

    def _gradient(self, x: Any, dy: Array, k: int, s: Scratch) -> Array:
        # Not y / x_k, which is lost where x_k is 0.
        dx = s.array(f"dx{k}", dy.shape[1:])
        s.xp.copyto(dx, dy)
        for index, part in enumerate(x):
            if index != k:
                s.xp.multiply(dx, part, out=dx)
        return dx
