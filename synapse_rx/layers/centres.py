"""Distances to a centre of each class."""

from __future__ import annotations

import math

from attrs import field, frozen

from ..activations.rows import row_sum
from ..initializers import Glorot, Initializer
from ..options import count
from ..params import ParameterSpec
from ..scratch import Scratch
from ..typing import Array, Shape
from .base import Layer


@frozen
class Centres(Layer):
    """
    The negative half squared distance to a centre of each class, ``y_k = -|x - c_k|^2 / 2``.

    The centres are parameters, which learn like others; the largest output is that of the nearest centre. With
    `CentreLoss` it is the centre loss of Wen et al. (2016), whose centres move to the features of their class by a rate
    of their own (``factors`` of `training`) where theirs are divided by the number of samples of the class.

    Args:
        classes: Number of centres.
        initializer: How they are drawn; Glorot by default.

    Shapes:
        x (N, *in_shape), y (N, classes), centres (classes, prod(in_shape))
    """

    classes: int = field(validator=count)
    initializer: Initializer = field(default=Glorot(), converter=Initializer.of)

    def out_shape(self, in_shape: Shape) -> Shape:
        return (self.classes,)

    def specs(self, in_shape: Shape) -> tuple[ParameterSpec, ...]:
        size = math.prod(in_shape)
        return (
            ParameterSpec(
                "centres",
                (self.classes, size),
                self.initializer,
                size,
                self.classes,
                regularized=False,
                unit_axis=0,
            ),
        )

    def multiply_adds(self, in_shape: Shape) -> int:
        return self.classes * math.prod(in_shape)

    def forward(self, x: Array, s: Scratch) -> Array:
        xp, rows, centres = s.xp, x.reshape(len(x), -1), s.params["centres"]
        y, own, squares = s.array("y", (self.classes,)), s.array("own"), s.array("squares", rows.shape[1:])
        lengths, squared = s.fixed("lengths", (self.classes,)), s.fixed("squared", centres.shape)
        # x c - x x / 2 - c c / 2, all in place.
        xp.matmul(rows, centres.T, out=y)
        row_sum(xp.multiply(rows, rows, out=squares), own, s)
        row_sum(xp.multiply(centres, centres, out=squared), lengths, s)
        xp.multiply(own, 0.5, out=own)
        xp.multiply(lengths, 0.5, out=lengths)
        xp.subtract(y, own[:, None], out=y)
        xp.subtract(y, lengths, out=y)
        # Rounding may make it more than 0.
        return xp.minimum(y, 0, out=y)

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        xp, rows, centres = s.xp, x.reshape(len(x), -1), s.params["centres"]
        if s.learns:
            totals, pulled = s.fixed("totals", (self.classes,)), s.fixed("pulled", centres.shape)
            xp.matmul(s.ones(), dy, out=totals)
            xp.matmul(dy.T, rows, out=s.grads["centres"])
            xp.multiply(centres, totals[:, None], out=pulled)
            xp.subtract(s.grads["centres"], pulled, out=s.grads["centres"])
        if not s.needs_dx:
            return None
        dx, own, pulled = s.array("dx", x.shape[1:]), s.array("own"), s.array("squares", rows.shape[1:])
        flat = dx.reshape(len(x), -1)
        row_sum(dy, own, s.inside("outputs"))
        xp.matmul(dy, centres, out=flat)
        xp.multiply(rows, own[:, None], out=pulled)
        xp.subtract(flat, pulled, out=flat)
        return dx
