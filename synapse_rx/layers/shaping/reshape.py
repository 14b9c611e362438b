"""Samples in another shape."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from attrs import field, frozen

from ...errors import OptionError, ShapeError
from ...scratch import Scratch
from ...typing import Array, Shape
from ..base import Layer
from ..contiguous import contiguous
from ..spatial import whole


def _shape(value: Any) -> Shape:
    sizes = tuple(map(whole, value if isinstance(value, (tuple, list, np.ndarray)) else (value,)))
    numbers = all(isinstance(n, int) and not isinstance(n, bool) and (n >= 1 or n == -1) for n in sizes)
    if not sizes or not numbers or sizes.count(-1) > 1:
        raise OptionError(
            f"shape of reshape is whole numbers >= 1, one of which may be -1 for what is left, not {value!r}"
        )
    return sizes


@frozen
class Reshape(Layer):
    """
    Read the numbers of a sample in another shape, the last axis fastest: ``Reshape((1, 28, 28))``.

    Args:
        shape: The shape of one sample; -1, once, stands for what is left.

    Shapes:
        x (N, *in_shape), y (N, *shape)

    Raises:
        OptionError: If the shape is not as described.
        ShapeError: If it holds another number of elements than a sample.
    """

    shape: Shape = field(converter=_shape)

    def out_shape(self, in_shape: Shape) -> Shape:
        size, known = math.prod(in_shape), math.prod(n for n in self.shape if n != -1)
        if size % known or (-1 not in self.shape and size != known):
            raise ShapeError(f"the {size} numbers of {in_shape} do not fill the shape {self.shape}")
        return tuple(size // known if n == -1 else n for n in self.shape)

    def forward(self, x: Array, s: Scratch) -> Array:
        return contiguous(x, "x", s).reshape(len(x), *self.out_shape(x.shape[1:]))

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        return contiguous(dy, "dy", s).reshape(x.shape) if s.needs_dx else None
