"""Several values in one row a sample, and back: how data sets hold the inputs and targets of a network."""

from __future__ import annotations

from itertools import accumulate
from typing import Any, ClassVar

from attrs import field, frozen

from ...errors import ShapeError
from ...scratch import Scratch
from ...typing import Array, Shape, Shapes
from ..base import Layer, Takes
from ..several import shown, sizes


@frozen
class Unpack(Layer):
    """
    Cut each sample, one long row, into several values; what networks of several inputs begin with.

    Args:
        shapes: The shape of each value.

    Shapes:
        x (N, sum of their sizes), y a tuple of arrays
    """

    shapes: tuple[Shape, ...] = field(converter=lambda shapes: tuple(map(tuple, shapes)))

    def out_shape(self, in_shape: Shape) -> Shapes:
        if in_shape != (sum(sizes(self.shapes)),):
            raise ShapeError(
                f"{shown(self.shapes)} are {sum(sizes(self.shapes))} numbers in one row, not {in_shape}"
            )
        return self.shapes

    def forward(self, x: Array, s: Scratch) -> Any:
        parts = tuple(s.array(f"y{k}", shape) for k, shape in enumerate(self.shapes))
        for part, view in zip(parts, _views(x, parts), strict=True):
            s.xp.copyto(part.reshape(len(x), -1), view)
        return parts

    def backward(self, x: Array, y: Any, dy: Any, s: Scratch) -> Array | None:
        return _packed(dy, s.array("dx", x.shape[1:]), s) if s.needs_dx else None


@frozen
class Pack(Layer):
    """
    Join several values of each sample to one long row; what networks of several outputs end in.

    Shapes:
        x a tuple of arrays, y (N, sum of their sizes)
    """

    takes: ClassVar[Takes] = "several"

    def out_shape(self, in_shape: Shapes) -> Shape:
        return (sum(sizes(in_shape)),)

    def forward(self, x: Any, s: Scratch) -> Array:
        return _packed(x, s.array("y", (sum(part[0].size for part in x),)), s)

    def backward(self, x: Any, y: Array, dy: Array, s: Scratch) -> Any:
        if not s.needs_dx:
            return None
        parts = tuple(s.array(f"dx{k}", part.shape[1:]) for k, part in enumerate(x))
        for part, view in zip(parts, _views(dy, parts), strict=True):
            s.xp.copyto(part.reshape(len(dy), -1), view)
        return parts


def _packed(parts: Any, row: Array, s: Scratch) -> Array:
    for part, view in zip(parts, _views(row, parts), strict=True):
        s.xp.copyto(view, part.reshape(len(row), -1))
    return row


def _views(row: Array, parts: Any) -> list[Array]:
    """Return the part of ``row`` that belongs to each of ``parts``."""
    widths = [part[0].size for part in parts]
    return [row[:, end - width : end] for end, width in zip(accumulate(widths), widths, strict=True)]
