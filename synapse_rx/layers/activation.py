"""An activation function as a layer of its own."""

from __future__ import annotations

from attrs import field, frozen

from ..activations.base import Activation as Function
from ..scratch import Scratch
from ..typing import Array, Shape
from .base import Layer


@frozen
class Activation(Layer):
    """
    Apply an activation function, ``y = f(x)``.

    Args:
        function: A name ("relu") or a description (``LeakyReLU(slope=0.1)``).

    Shapes:
        x and y (N, *in_shape)

    Raises:
        ShapeError: If the function is one along an axis that samples do not have.
    """

    function: Function = field(converter=Function.of)

    @property
    def differentiable(self) -> bool:
        return self.function.differentiable

    def out_shape(self, in_shape: Shape) -> Shape:
        self.function.check(in_shape)
        return in_shape

    def forward(self, x: Array, s: Scratch) -> Array:
        y = s.array("y", x.shape[1:])
        self.function.forward(x, y, s)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        if not s.needs_dx:
            return None
        dx = s.array("dx", x.shape[1:])
        self.function.backward(x, y, dy, dx, s)
        return dx
