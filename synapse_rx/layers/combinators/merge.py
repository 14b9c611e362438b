"""What layers share that make one value of several, number by number."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import frozen

from ...scratch import Scratch
from ...typing import Array, Shape, Shapes
from ..base import Layer, Takes
from ..several import check_alike


@frozen
class Merge(Layer):
    """Makes one value of several of one shape."""

    takes: ClassVar[Takes] = "several"

    def out_shape(self, in_shape: Shapes) -> Shape:
        return check_alike(in_shape)

    def fold(self, operation: Any, x: Any, s: Scratch) -> Array:
        """Return all values of ``x`` put together by an operation of two arrays."""
        y = s.array("y", x[0].shape[1:])
        s.xp.copyto(y, x[0])
        for part in x[1:]:
            operation(y, part, out=y)
        return y
