"""The simple recurrent layer."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import field, frozen

from ...activations import Activation as Function
from ...activations import Linear, ReLU, Sigmoid, Tanh
from ...backends.cuda import RNNKernels
from ...backends.cuda.product import LINEAR, RELU, SIGMOID, TANH
from ...errors import OptionError
from ...machine_code import suits
from .fused import FusedStrand
from .level import Level
from .recurrent import Recurrent
from .rnn_whole import RNNWhole
from .stepped import SteppedStrand
from .strand import Strand

NUMBERS: dict[Function, int] = {Linear(): LINEAR, Sigmoid(): SIGMOID, Tanh(): TANH, ReLU(): RELU}
"""The activations that kernels of devices know."""


def _smooth(instance: Any, attribute: Any, value: Function) -> None:
    if not value.differentiable:
        raise OptionError(
            f"activation of rnn must have a gradient, such as 'tanh' or 'relu'; {value.kind} has none"
        )


@frozen
class RNN(Recurrent):
    """
    The simple recurrent layer, ``h_t = f(x_t W + h_{t-1} U + b)`` (Elman, 1990).

    One bias; PyTorch's ``RNN`` has two, of which only the sum counts. Options, inputs and outputs are those of
    `Recurrent`.

    Args:
        activation: f; "tanh" by default, or "relu", or another with a gradient.
    """

    activation: Function = field(default=Tanh(), converter=Function.of, validator=_smooth)

    gates: ClassVar[int] = 1
    uses_up_z: ClassVar[bool] = False

    def strand(self, level: Level, direction: int) -> Strand:
        kernels = level.s.fused(RNNKernels) if self.activation in NUMBERS else None
        if kernels is not None:
            return FusedStrand(level, direction, kernels, NUMBERS[self.activation])
        if self.activation in (Tanh(), ReLU()) and suits(level.s):
            return RNNWhole(level, direction, self.activation == ReLU())
        return _Strand(self.activation, level, direction)


class _Strand(SteppedStrand):
    def __init__(self, activation: Function, level: Level, direction: int) -> None:
        super().__init__(level, direction)
        self.f = activation

    def step(self, t: int) -> None:
        z = self.z[t]
        self.xp.matmul(self.before[t], self.U, out=self.product)
        self.xp.add(z, self.product, out=z)
        self.xp.add(z, self.b, out=z)
        self.f.forward(z, self.h[t], self.s)

    def step_back(self, t: int, passes: bool) -> None:
        self.f.backward(self.z[t], self.h[t], self.dh, self.dz[t], self.s)
        if passes:
            self.xp.matmul(self.dz[t], self.U_turned, out=self.dh)
