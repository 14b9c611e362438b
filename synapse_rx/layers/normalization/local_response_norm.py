"""Normalisation by neighbouring channels."""

from __future__ import annotations

import math
from typing import Any

from attrs import field, frozen

from ...backends.cuda import ResponseNormKernels
from ...options import count, number, positive
from ...scratch import Scratch
from ...typing import Array, Shape
from ..base import Layer
from ..contiguous import contiguous
from ..spatial import channels_and_any_sizes, whole


@frozen
class LocalResponseNorm(Layer):
    """
    Divide by the neighbouring channels, ``y_c = x_c / (k + alpha / size sum x_j^2)^beta``.

    The sum runs over the ``size`` channels from c - floor((size - 1) / 2) to c + floor(size / 2), those of them that
    there are, position by position. After Krizhevsky, Sutskever & Hinton, 2012, section 3.3, who do not divide alpha;
    the mean is what cuDNN, Caffe and PyTorch take. With an even size the window leans towards the later channels, in
    PyTorch towards the earlier ones.

    Args:
        size: Channels in a window.
        alpha: Weight of the mean square, > 0.
        beta: Exponent, > 0.
        k: Keeps the divisor from 0, > 0.

    Shapes:
        x and y (N, channels, *sizes)

    Raises:
        OptionError: If an option is not as described.
        ShapeError: If samples have no axis behind the channels.
    """

    size: int = field(default=5, converter=whole, validator=count)
    alpha: float = field(default=1e-4, converter=number, validator=positive, kw_only=True)
    beta: float = field(default=0.75, converter=number, validator=positive, kw_only=True)
    k: float = field(default=2.0, converter=number, validator=positive, kw_only=True)

    def out_shape(self, in_shape: Shape) -> Shape:
        channels_and_any_sizes(self.kind, in_shape)
        return in_shape

    def multiply_adds(self, in_shape: Shape) -> int:
        return math.prod(in_shape) * (min(self.size, in_shape[0]) + 1)

    def forward(self, x: Array, s: Scratch) -> Array:
        kernels = s.fused(ResponseNormKernels)
        if kernels is not None:
            y, divisor = s.array("y", x.shape[1:]), s.array("divisor", x.shape[1:])
            share = self.alpha / self.size
            kernels.forward(contiguous(x, "x", s), y, divisor, self.size, self.k, share, self.beta)
            return y
        squares, divisor, scale, y = (
            s.array(name, x.shape[1:]) for name in ("squares", "divisor", "scale", "y")
        )
        s.xp.multiply(x, x, out=squares)
        self._sum(squares, divisor, 1, s)
        s.xp.multiply(divisor, self.alpha / self.size, out=divisor)
        s.xp.add(divisor, self.k, out=divisor)
        s.xp.power(divisor, -self.beta, out=scale)
        s.xp.multiply(x, scale, out=y)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        if not s.needs_dx:
            return None
        kernels = s.fused(ResponseNormKernels)
        if kernels is not None:
            divisor, dx, share = (
                s.array("divisor", x.shape[1:]),
                s.array("dx", x.shape[1:]),
                self.alpha / self.size,
            )
            given = contiguous(x, "x", s), y, divisor, contiguous(dy, "dy", s), dx
            kernels.backward(*given, self.size, share, self.beta)
            return dx
        divisor, scale, part, dx = (
            s.array(name, x.shape[1:]) for name in ("divisor", "scale", "squares", "dx")
        )
        s.xp.multiply(dy, y, out=part)
        s.xp.divide(part, divisor, out=part)
        # A channel takes part in the divisors of those whose windows hold it, so the window is turned round.
        self._sum(part, dx, -1, s)
        s.xp.multiply(dx, x, out=dx)
        s.xp.multiply(dx, -2 * self.alpha * self.beta / self.size, out=dx)
        s.xp.multiply(dy, scale, out=part)
        s.xp.add(dx, part, out=dx)
        return dx

    def _sum(self, values: Array, sums: Array, turn: int, s: Scratch) -> None:
        """Write the sums of values (N, channels, *sizes) over the window of each channel."""
        channels = values.shape[1]
        s.xp.copyto(sums, values)
        for step in range(-((self.size - 1) // 2), self.size // 2 + 1):
            here, there = _shifted(channels, turn * step)
            if step and here.start < here.stop:
                s.xp.add(sums[:, here], values[:, there], out=sums[:, here])


def _shifted(channels: int, step: int) -> tuple[slice, Any]:
    """Return the channels that have one ``step`` further on, and those."""
    start, stop = max(0, -step), min(channels, channels - step)
    return slice(start, stop), slice(start + step, stop + step)
