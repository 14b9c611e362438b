"""The rectifier whose slope is learnt."""

from __future__ import annotations

import math
from typing import ClassVar

from attrs import field, frozen

from ..initializers import Constant
from ..options import finite, number, one_of
from ..params import ParameterSpec
from ..scratch import Scratch
from ..typing import Array, Shape
from .base import Layer
from .totals import totals


@frozen
class PReLU(Layer):
    """
    The rectified linear unit whose slope is learnt, ``y = x if x > 0 else a x`` (He et al., 2015, equation 1).

    The gradient of a slope is ``sum dy x`` over the inputs that are not positive.

    Args:
        per: A slope for each "channel" of (C, *spatial), which is each unit of samples of one axis; for each
            "element"; or one for the whole "layer".
        slope: What slopes start from.

    Shapes:
        x and y (N, *in_shape); a (C,), in_shape or ()
    """

    kind: ClassVar[str] = "prelu"

    per: str = field(default="channel", validator=one_of("channel", "element", "layer"))
    slope: float = field(default=0.25, converter=number, validator=finite)

    def out_shape(self, in_shape: Shape) -> Shape:
        return in_shape

    def specs(self, in_shape: Shape) -> tuple[ParameterSpec, ...]:
        shape = {"channel": in_shape[:1], "element": in_shape, "layer": ()}[self.per]
        return (ParameterSpec("a", shape, Constant(self.slope), regularized=False),)

    def multiply_adds(self, in_shape: Shape) -> int:
        return math.prod(in_shape)

    def forward(self, x: Array, s: Scratch) -> Array:
        negative, y = s.array("negative", x.shape[1:]), s.array("y", x.shape[1:])
        s.xp.minimum(x, 0.0, out=negative)
        s.xp.multiply(negative, self._slopes(s.params["a"], x), out=negative)
        s.xp.maximum(x, 0.0, out=y)
        s.xp.add(y, negative, out=y)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        xp, slopes = s.xp, self._slopes(s.params["a"], x)
        if s.learns:
            negative = s.array("negative", x.shape[1:])
            xp.minimum(x, 0.0, out=negative)
            xp.multiply(negative, dy, out=negative)
            others = (0, *range(1 + s.params["a"].ndim, x.ndim))
            totals(negative, others, self._slopes(s.grads["a"], x)[None], s)
        if not s.needs_dx:
            return None
        dx, flat = s.array("dx", x.shape[1:]), s.array("negative", x.shape[1:])
        xp.greater(x, 0.0, out=dx)
        xp.subtract(1.0, dx, out=flat)
        xp.multiply(flat, slopes, out=flat)
        xp.add(dx, flat, out=dx)
        xp.multiply(dx, dy, out=dx)
        return dx

    def _slopes(self, a: Array, x: Array) -> Array:
        """Return the slopes in the shape that goes with a sample, with 1 along the axes they do not count."""
        return a.reshape(a.shape + (1,) * (x.ndim - 1 - a.ndim))
