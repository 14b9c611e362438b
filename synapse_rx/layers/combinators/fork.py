"""One value given to several layers."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import field, frozen

from ...errors import ShapeError
from ...scratch import Scratch
from ...typing import Array, Shapes
from ..base import Layer, Takes
from ..several import one_each
from .chain import as_layers


@frozen
class Fork(Layer):
    """
    Give one value to several layers, whose outputs go on as several values.

    Other libraries call it split. Gradients of what is given to several layers are summed.

    Args:
        layers: The layers; a list among them means a `Chain`, an empty one lets the value go on as it is.

    Shapes:
        x (N, *in_shape), y a tuple with the output of each layer

    Raises:
        ShapeError: If one of them ends in several values.
    """

    takes: ClassVar[Takes] = "either"
    ends: ClassVar[bool] = True

    layers: tuple[Layer, ...] = field(converter=as_layers)

    def children(self) -> tuple[tuple[int | str | None, Layer], ...]:
        return tuple(enumerate(self.layers))

    def child_shapes(self, in_shape: Shapes) -> tuple[Shapes, ...]:
        return (in_shape,) * len(self.layers)

    def out_shape(self, in_shape: Shapes) -> Shapes:
        if not self.layers:
            raise ShapeError("it needs at least one layer to give its value to; fork([Dense(10)], [])")
        return one_each([layer.out_shape(in_shape) for layer in self.layers])

    def forward(self, x: Any, s: Scratch) -> tuple[Array, ...]:
        return tuple(child.forward(x) for child in s.children)

    def backward(self, x: Any, y: Any, dy: Any, s: Scratch) -> Any:
        found: list[Any] = [child.backward(part) for child, part in zip(s.children, dy, strict=True)]
        if not s.needs_dx:
            return None
        if isinstance(x, tuple):
            return tuple(_sum([dx[k] for dx in found], f"dx{k}", s) for k in range(len(x)))
        return _sum(found, "dx", s)


def _sum(gradients: list[Array], name: str, s: Scratch) -> Array:
    if len(gradients) == 1:
        return gradients[0]
    total = s.array(name, gradients[0].shape[1:])
    s.xp.add(gradients[0], gradients[1], out=total)
    for gradient in gradients[2:]:
        s.xp.add(total, gradient, out=total)
    return total
