"""The mean of every channel."""

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
class GlobalAveragePool(Layer):
    """
    The mean of every channel over all axes behind it (Lin, Chen & Yan, 2013, "Network in network").

    Shapes:
        x (N, channels, *sizes), y (N, channels)

    Raises:
        ShapeError: If samples have no axis behind the channels.
    """

    def out_shape(self, in_shape: Shape) -> Shape:
        return (channels_and_any_sizes(self.kind, in_shape)[0],)

    def multiply_adds(self, in_shape: Shape) -> int:
        return math.prod(in_shape)

    def forward(self, x: Array, s: Scratch) -> Array:
        size, y = math.prod(x.shape[2:]), s.array("y", x.shape[1:2])
        kernels = s.fused(GlobalPoolKernels)
        if kernels is not None:
            kernels.mean(contiguous(x, "x", s), y)
            return y
        # A product with a vector is several times faster than a mean along axes.
        rows = contiguous(x, "x", s).reshape(-1, size)
        s.xp.matmul(rows, s.filled("shares", (size,), 1 / size), out=y.reshape(-1))
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        if not s.needs_dx:
            return None
        dx = s.array("dx", x.shape[1:])
        kernels = s.fused(GlobalPoolKernels)
        if kernels is not None:
            kernels.share(contiguous(dy, "dy", s), dx)
            return dx
        each = dy.reshape(*dy.shape, *(1,) * (x.ndim - 2))
        s.xp.multiply(each, 1 / math.prod(x.shape[2:]), out=dx)
        return dx
