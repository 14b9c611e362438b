"""One value sliced into several."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import field, frozen

from ...errors import OptionError, ShapeError
from ...scratch import Scratch
from ...typing import Array, Shape, Shapes
from ..base import Layer
from .axes import check_axis, cut, join, resized, whole


def _sizes(value: Any) -> Any:
    return tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else value


def _counts(instance: Any, attribute: Any, value: Any) -> None:
    fits = isinstance(value, tuple) and value and all(type(size) is int and size >= 1 for size in value)
    if not fits:
        raise OptionError(f"sizes of branch must be whole numbers >= 1, such as (3, 4), not {value!r}")


@frozen
class Branch(Layer):
    """
    Slice one value into parts along an axis, which go on as several values.

    Args:
        sizes: How many numbers each part has along the axis; together all there are.
        axis: Which axis of a sample, without the batch: 0 for features or the channels of (C, H, W); -1 for the last.

    Shapes:
        x (N, *in_shape), y a tuple of arrays

    Raises:
        ShapeError: If the sizes do not add up, or there is no such axis.
    """

    sizes: tuple[int, ...] = field(converter=_sizes, validator=_counts)
    axis: int = field(default=0, validator=whole)

    def out_shape(self, in_shape: Shape) -> Shapes:
        axis = check_axis(self.axis, in_shape)
        if sum(self.sizes) != in_shape[axis]:
            raise ShapeError(
                f"its parts have {sum(self.sizes)} numbers along axis {axis} together, but a sample of {in_shape} "
                f"has {in_shape[axis]}"
            )
        return tuple(resized(in_shape, axis, size) for size in self.sizes)

    def forward(self, x: Array, s: Scratch) -> Any:
        return cut(x, self.axis % (x.ndim - 1), self.sizes, "y", s)

    def backward(self, x: Array, y: Any, dy: Any, s: Scratch) -> Array | None:
        if not s.needs_dx:
            return None
        return join(dy, self.axis % (x.ndim - 1), s.array("dx", x.shape[1:]), s)
