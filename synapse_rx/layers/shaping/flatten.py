"""Samples in one row."""

from __future__ import annotations

import math

from attrs import frozen

from ...scratch import Scratch
from ...typing import Array, Shape
from ..base import Layer
from ..contiguous import contiguous


@frozen
class Flatten(Layer):
    """
    Write the numbers of a sample in one row, the last axis fastest.

    `Dense` does so by itself; this is for what comes between.

    Shapes:
        x (N, *in_shape), y (N, prod(in_shape))
    """

    def out_shape(self, in_shape: Shape) -> Shape:
        return (math.prod(in_shape),)

    def forward(self, x: Array, s: Scratch) -> Array:
        return contiguous(x, "x", s).reshape(len(x), -1)

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        return contiguous(dy, "dy", s).reshape(x.shape) if s.needs_dx else None
