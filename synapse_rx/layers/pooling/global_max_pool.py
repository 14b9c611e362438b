"""The maximum of every channel."""

from __future__ import annotations

import math

from attrs import frozen

from ...backends.cuda import GlobalPoolKernels
from ...scratch import Scratch
from ...typing import Array, Shape
from ..base import Layer
from ..contiguous import contiguous
from ..spatial import channels_and_any_sizes


@frozen
class GlobalMaxPool(Layer):
    """
    The largest number of every channel over all axes behind it; the first of several equal ones takes the gradient.

    Shapes:
        x (N, channels, *sizes), y (N, channels)

    Raises:
        ShapeError: If samples have no axis behind the channels.
    """

    def out_shape(self, in_shape: Shape) -> Shape:
        return (channels_and_any_sizes(self.kind, in_shape)[0],)

    def forward(self, x: Array, s: Scratch) -> Array:
        y = s.array("y", x.shape[1:2])
        kernels = s.fused(GlobalPoolKernels)
        if kernels is not None:
            kernels.largest(contiguous(x, "x", s), y, s.array("first", y.shape[1:], "int64"))
            return y
        s.xp.max(contiguous(x, "x", s).reshape(*y.shape, -1), axis=-1, out=y)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        if not s.needs_dx:
            return None
        size, dx = math.prod(x.shape[2:]), s.array("dx", x.shape[1:])
        first = s.array("first", y.shape[1:], "int64")
        kernels = s.fused(GlobalPoolKernels)
        if kernels is not None:
            kernels.give(contiguous(dy, "dy", s), first, dx)
            return dx
        s.xp.argmax(contiguous(x, "x", s).reshape(*y.shape, size), axis=-1, out=first)
        row = s.once("rows", lambda: s.xp.arange(0, y.size * size, size).reshape(y.shape))
        s.xp.add(first, row, out=first)
        dx.fill(0)
        dx.reshape(-1)[first] = dy
        return dx
