"""Several values, each given to a layer of its own."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import field, frozen

from ...errors import ShapeError
from ...scratch import Scratch
from ...typing import Shapes
from ..base import Layer, Takes
from ..several import one_each, shown
from .chain import as_layers


@frozen
class Parallel(Layer):
    """
    Give each of several values to a layer of its own.

    Args:
        layers: As many layers as values; a list among them means a `Chain`, an empty one lets its value go on as it is.

    Shapes:
        x a tuple, y a tuple with the output of each layer

    Raises:
        ShapeError: If there are more or fewer values than layers, or one layer ends in several values.
    """

    takes: ClassVar[Takes] = "several"
    ends: ClassVar[bool] = True

    layers: tuple[Layer, ...] = field(converter=as_layers)

    def children(self) -> tuple[tuple[int | str | None, Layer], ...]:
        return tuple(enumerate(self.layers))

    def child_shapes(self, in_shape: Shapes) -> tuple[Shapes, ...]:
        if len(in_shape) != len(self.layers):
            raise ShapeError(
                f"it has {len(self.layers)} layers, but {shown(in_shape)} arrive; give it one for each"
            )
        return in_shape

    def out_shape(self, in_shape: Shapes) -> Shapes:
        shapes = self.child_shapes(in_shape)
        return one_each([layer.out_shape(shape) for layer, shape in zip(self.layers, shapes, strict=True)])

    def forward(self, x: Any, s: Scratch) -> Any:
        return tuple(child.forward(part) for child, part in zip(s.children, x, strict=True))

    def backward(self, x: Any, y: Any, dy: Any, s: Scratch) -> Any:
        found = tuple(child.backward(part) for child, part in zip(s.children, dy, strict=True))
        return found if s.needs_dx else None
