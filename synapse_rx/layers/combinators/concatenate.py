"""Several values joined along an axis."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import field, frozen

from ...errors import ShapeError
from ...scratch import Scratch
from ...typing import Array, Shape, Shapes
from ..base import Layer, Takes
from ..several import listed
from .axes import check_axis, cut, join, resized, whole


@frozen
class Concatenate(Layer):
    """
    Join several values along an axis.

    Args:
        axis: Which axis of a sample, without the batch: 0 for features or the channels of (C, H, W); -1 for the last.

    Shapes:
        x a tuple of arrays that differ along the axis alone; y (N, *shape with the sum of their sizes there)

    Raises:
        ShapeError: If they differ elsewhere, or have no such axis.
    """

    takes: ClassVar[Takes] = "several"

    axis: int = field(default=0, validator=whole)

    def out_shape(self, in_shape: Shapes) -> Shape:
        first = in_shape[0]
        axis = check_axis(self.axis, first)
        for shape in in_shape:
            if len(shape) != len(first) or resized(shape, axis, 1) != resized(first, axis, 1):
                raise ShapeError(f"values of {listed(in_shape)} differ elsewhere than along axis {axis}")
        return resized(first, axis, sum(shape[axis] for shape in in_shape))

    def forward(self, x: Any, s: Scratch) -> Array:
        axis = self._axis(x)
        size = sum(part.shape[axis + 1] for part in x)
        return join(x, axis, s.array("y", resized(x[0].shape[1:], axis, size)), s)

    def backward(self, x: Any, y: Array, dy: Array, s: Scratch) -> Any:
        if not s.needs_dx:
            return None
        axis = self._axis(x)
        return cut(dy, axis, [part.shape[axis + 1] for part in x], "dx", s)

    def _axis(self, x: Any) -> int:
        return self.axis % (x[0].ndim - 1)
