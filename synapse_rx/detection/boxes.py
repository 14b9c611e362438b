"""From the numbers of a convolution to boxes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from attrs import field, frozen

from ..errors import OptionError, ShapeError
from ..layers import Layer
from ..options import count, number
from ..scratch import Scratch
from ..typing import Array, Shape


def _grid(value: Any) -> Any:
    return tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else value


def _rows_and_columns(instance: Any, attribute: Any, value: Any) -> None:
    if not (isinstance(value, tuple) and len(value) == 2 and all(type(n) is int and n >= 1 for n in value)):
        raise OptionError(f"grid of boxes must be rows and columns, such as (13, 13), not {value!r}")


def _anchors(value: Any) -> Any:
    try:
        return tuple(tuple(number(size) for size in pair) for pair in value)
    except TypeError:
        return value


def _pairs(instance: Any, attribute: Any, value: Any) -> None:
    fits = isinstance(value, tuple) and len(value) > 0 and all(len(pair) == 2 for pair in value)
    if not fits or not all(
        isinstance(size, float) and math.isfinite(size) and size > 0 for pair in value for size in pair
    ):
        raise OptionError(
            "anchors of boxes must be pairs of a width and a height > 0 in cells of the grid, such as "
            f"((1.0, 1.5), (3.0, 3.0)), not {value!r}"
        )


@frozen
class Boxes(Layer):
    """
    From the numbers of a convolution to boxes (Redmon & Farhadi, 2017, section 2).

    Every cell of a grid over the image has a box for each anchor. Of a box there are x and y of its centre within the
    cell, ``sigmoid``; the square roots of width and height as shares of the image, ``sqrt(anchor exp(.) / grid)``; the
    confidence that there is an object, ``sigmoid``; and the probabilities of its classes, ``softmax``.

    What goes in has the numbers of a box as channels: `channels` of them, such as ``Conv2D(boxes.channels, 1)`` gives.

    Args:
        grid: Rows and columns of cells.
        anchors: Width and height of each anchor, in cells.
        classes: Number of classes.

    Shapes:
        x (N, anchors (5 + classes), rows, columns), y (N, rows columns anchors (5 + classes)) in the order (rows,
        columns, anchors, 5 + classes)
    """

    grid: tuple[int, int] = field(converter=_grid, validator=_rows_and_columns)
    anchors: tuple[tuple[float, float], ...] = field(converter=_anchors, validator=_pairs)
    classes: int = field(validator=count)

    @property
    def numbers(self) -> int:
        """Numbers of one box: x, y, width, height, confidence and classes."""
        return 5 + self.classes

    @property
    def channels(self) -> int:
        """Numbers of one cell."""
        return len(self.anchors) * self.numbers

    @property
    def shape(self) -> Shape:
        """How the outputs of one sample can be read: (rows, columns, anchors, numbers of a box)."""
        return (*self.grid, len(self.anchors), self.numbers)

    def out_shape(self, in_shape: Shape) -> Shape:
        wanted = (self.channels, *self.grid)
        if in_shape != wanted:
            raise ShapeError(
                f"{len(self.anchors)} anchors of {self.numbers} numbers on a grid of {self.grid} take {wanted}, not "
                f"{in_shape}"
            )
        return (math.prod(self.shape),)

    def forward(self, x: Array, s: Scratch) -> Array:
        xp, n = s.xp, len(x)
        y = s.array("y", (math.prod(self.shape),))
        boxes = y.reshape(n, *self.shape)
        xp.copyto(boxes, self._as_boxes(x))
        for part in (boxes[..., :2], boxes[..., 4:5]):
            _sigmoid(part, xp)
        sizes = boxes[..., 2:4]
        xp.multiply(sizes, 0.5, out=sizes)
        xp.exp(sizes, out=sizes)
        xp.multiply(sizes, self._roots(s), out=sizes)
        row = s.array("row", (*self.shape[:3], 1))
        classes = boxes[..., 5:]
        xp.max(classes, axis=-1, keepdims=True, out=row)
        xp.subtract(classes, row, out=classes)
        xp.exp(classes, out=classes)
        xp.sum(classes, axis=-1, keepdims=True, out=row)
        xp.divide(classes, row, out=classes)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        if not s.needs_dx:
            return None
        xp, n = s.xp, len(x)
        boxes, given = y.reshape(n, *self.shape), dy.reshape(n, *self.shape)
        dz, slope = s.array("dz", self.shape), s.array("slope", self.shape)
        # y (1 - y) dy for sigmoids, y dy / 2 for the roots of exponentials.
        xp.subtract(1, boxes, out=slope)
        slope[..., 2:4].fill(0.5)
        xp.multiply(slope, boxes, out=slope)
        xp.multiply(slope, given, out=dz)
        classes, row, products = dz[..., 5:], s.array("row", (*self.shape[:3], 1)), slope[..., 5:]
        xp.multiply(boxes[..., 5:], given[..., 5:], out=products)
        xp.sum(products, axis=-1, keepdims=True, out=row)
        xp.subtract(given[..., 5:], row, out=classes)
        xp.multiply(classes, boxes[..., 5:], out=classes)
        dx = s.array("dx", x.shape[1:])
        xp.copyto(self._as_boxes(dx), dz)
        return dx

    def _as_boxes(self, x: Array) -> Array:
        """Return a view of (N, channels, rows, columns) in the order of boxes."""
        return x.reshape(len(x), len(self.anchors), self.numbers, *self.grid).transpose(0, 3, 4, 1, 2)

    def _roots(self, s: Scratch) -> Array:
        """Return the square roots of the anchors' sizes as shares of the image, (anchors, 2)."""

        def made() -> Array:
            rows, columns = self.grid
            roots = s.fixed("roots", (len(self.anchors), 2))
            roots[...] = s.xp.asarray(
                [[math.sqrt(width / columns), math.sqrt(height / rows)] for width, height in self.anchors]
            )
            return roots

        return s.once("made roots", made)


def _sigmoid(z: Array, xp: Any) -> None:
    # Not negative: numpy 2.4.6 writes wrong numbers into a float64 view with gaps that it reads from at the same time.
    xp.multiply(z, -1, out=z)
    xp.exp(z, out=z)
    xp.add(z, 1, out=z)
    xp.reciprocal(z, out=z)
