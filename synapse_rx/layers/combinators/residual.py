"""A layer around which its inputs go on."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from ...errors import ShapeError
from ...scratch import Scratch
from ...typing import Array, Shape
from ..base import Layer


def _optional(value: Any) -> Layer | None:
    return None if value is None else Layer.of(value)


@frozen
class Residual(Layer):
    """
    A layer around which its inputs go on, ``y = f(x) + x``, or ``f(x) + g(x)`` (He et al., 2016, equations 1 and 2).

    Args:
        layer: f; a list means a `Chain`. Its parameters are found below "body".
        shortcut: g, a projection where f changes the shape, such as ``Dense(20)``; by default x itself. Its
            parameters are found below "shortcut".

    Shapes:
        x (N, *in_shape), y (N, *out_shape of f)

    Raises:
        ShapeError: If f and the shortcut end in different shapes.
    """

    layer: Layer = field(converter=Layer.of)
    shortcut: Layer | None = field(default=None, converter=_optional)

    @property
    def bypass(self) -> bool:
        return self.shortcut is None

    def children(self) -> tuple[tuple[int | str | None, Layer], ...]:
        body = ("body", self.layer)
        return (body,) if self.shortcut is None else (body, ("shortcut", self.shortcut))

    def child_shapes(self, in_shape: Shape) -> tuple[Shape, ...]:
        return (in_shape,) * len(self.children())

    def out_shape(self, in_shape: Shape) -> Shape:
        out_shape = self.layer.out_shape(in_shape)
        beside = in_shape if self.shortcut is None else self.shortcut.out_shape(in_shape)
        if out_shape != beside:
            raise ShapeError(
                f"its body ends in {out_shape}, its shortcut in {beside}; give it a shortcut that ends in the same "
                "shape, such as Dense(...)"
            )
        return out_shape

    def forward(self, x: Array, s: Scratch) -> Array:
        body = s.children[0].forward(x)
        beside = x if self.shortcut is None else s.children[1].forward(x)
        return s.xp.add(body, beside, out=s.array("y", body.shape[1:]))

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        through = s.children[0].backward(dy)
        beside = dy if self.shortcut is None else s.children[1].backward(dy)
        if not s.needs_dx:
            return None
        return s.xp.add(through, beside, out=s.array("dx", x.shape[1:]))
