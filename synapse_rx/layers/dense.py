"""The fully connected layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from attrs import evolve, field, frozen

from ..activations import Activation as Function
from ..activations import Linear
from ..data.options import check_count
from ..initializers import Initializer, Zeros
from ..params import ParameterSpec
from ..scratch import Scratch
from ..typing import Array, Shape
from .activation import Activation
from .base import Layer, Step
from .dense_step import dense_step


def _units(value: Any) -> int:
    return check_count("units", value, 1)


@frozen
class Dense(Layer):
    """
    Fully connected layer, ``y = f(x W + b)``.

    Args:
        units: Number of outputs.
        activation: f, by name or description; linear by default.
        initializer: How W is drawn; by default what suits the activation.
        bias_initializer: How b is drawn; zeros by default.

    Shapes:
        x (N, *in_shape), y (N, units), W (prod(in_shape), units), b (units,)

    Raises:
        OptionError: If units is not a whole number >= 1.
        UnknownNameError: If an activation or initialiser is unknown.
    """

    units: int = field(converter=_units)
    activation: Function = field(default=Linear(), converter=Function.of)
    initializer: Initializer | None = field(
        default=None, converter=lambda value: None if value is None else Initializer.of(value)
    )
    bias_initializer: Initializer = field(default=Zeros(), converter=Initializer.of)

    def out_shape(self, in_shape: Shape) -> Shape:
        self.activation.check((self.units,))
        return (self.units,)

    def specs(self, in_shape: Shape) -> tuple[ParameterSpec, ...]:
        fan_in = math.prod(in_shape)
        draw = self.initializer or Initializer.of(self.activation.initializer)
        return (
            ParameterSpec("W", (fan_in, self.units), draw, fan_in, self.units),
            ParameterSpec("b", (self.units,), self.bias_initializer, fan_in, self.units, regularized=False),
        )

    def multiply_adds(self, in_shape: Shape) -> int:
        return math.prod(in_shape) * self.units

    def expand(self) -> tuple[Layer, ...]:
        if isinstance(self.activation, Linear):
            return (self,)
        # The weights are drawn for the activation that follows, so the initialiser is settled before it leaves.
        draw = self.initializer or Initializer.of(self.activation.initializer)
        return (evolve(self, activation=Linear(), initializer=draw), Activation(self.activation))

    def joined(self, behind: Sequence[Layer], in_shape: Shape, s: Scratch) -> tuple[Step, int]:
        return dense_step(behind, math.prod(in_shape), self.units, s) or (self, 0)

    def forward(self, x: Array, s: Scratch) -> Array:
        z = s.array("z", (self.units,))
        s.xp.matmul(_rows(x), s.params["W"], out=z)
        s.xp.add(z, s.params["b"], out=z)
        return z

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        if s.learns:
            s.xp.matmul(_rows(x).T, dy, out=s.grads["W"])
            s.xp.matmul(s.ones(), dy, out=s.grads["b"])
        if not s.needs_dx:
            return None
        dx = s.array("dx", x.shape[1:])
        s.xp.matmul(dy, s.params["W"].T, out=_rows(dx))
        return dx


def _rows(x: Array) -> Array:
    return x if x.ndim == 2 else x.reshape(len(x), -1)
