"""What convolutions and transposed convolutions have in common: kernels of weights, a bias and an activation."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

from attrs import evolve, field, frozen

from ...activations import Activation as Function
from ...activations import Linear
from ...errors import ShapeError
from ...initializers import Initializer, Zeros
from ...options import count, flag
from ...params import ParameterSpec
from ...scratch import Scratch
from ...typing import Array, Shape
from ..activation import Activation
from ..base import Layer
from ..spatial import ONE, SpatialLayer, channels_and_sizes, given, paddings, per_axis, put, whole
from ..windows import Pads


def initializer_or_none(value: Any) -> Initializer | None:
    """Convert the option ``initializer``, which may be left to the activation."""
    return None if value is None else Initializer.of(value)


@frozen
class Convolving(SpatialLayer):
    """The options of layers that slide kernels over the axes behind the channels."""

    channels: int = field(converter=whole, validator=count)
    kernel: Shape = field(converter=given)
    activation: Function = field(default=Linear(), converter=Function.of)
    stride: Shape = field(default=ONE, converter=given, kw_only=True)
    padding: str | Pads = field(default="valid", converter=given, kw_only=True)
    dilation: Shape = field(default=ONE, converter=given, kw_only=True)
    groups: int = field(default=1, converter=whole, validator=count, kw_only=True)
    bias: bool = field(default=True, validator=flag, kw_only=True)
    initializer: Initializer | None = field(default=None, converter=initializer_or_none, kw_only=True)
    bias_initializer: Initializer = field(default=Zeros(), converter=Initializer.of, kw_only=True)

    def __attrs_post_init__(self) -> None:
        put(self, "kernel", per_axis(self, "kernel", self.kernel, 1))
        put(self, "stride", per_axis(self, "stride", self.stride, 1))
        put(self, "dilation", per_axis(self, "dilation", self.dilation, 1))
        put(self, "padding", paddings(self, self.padding))

    @abstractmethod
    def fans(self, in_channels: int) -> tuple[int, int]:
        """Return the numbers of inputs that make an output, and of outputs that an input takes part in."""

    @property
    def window(self) -> int:
        """Elements in one kernel of one channel."""
        return math.prod(self.kernel)

    def specs(self, in_shape: Shape) -> tuple[ParameterSpec, ...]:
        fan_in, fan_out = self.fans(in_shape[0])
        draw = self.initializer or Initializer.of(self.activation.initializer)
        shape = (self.channels, in_shape[0] // self.groups, *self.kernel)
        w = ParameterSpec("W", shape, draw, fan_in, fan_out, unit_axis=0)
        b = ParameterSpec("b", shape[:1], self.bias_initializer, fan_in, fan_out, regularized=False)
        return (w, b) if self.bias else (w,)

    def expand(self) -> tuple[Layer, ...]:
        if isinstance(self.activation, Linear):
            return (self,)
        # The weights are drawn for the activation that follows, so the initialiser is settled before it leaves.
        draw = self.initializer or Initializer.of(self.activation.initializer)
        return (evolve(self, activation=Linear(), initializer=draw), Activation(self.activation))

    def check(self, in_shape: Shape) -> None:
        """
        Check the axes of a sample and that the groups part its channels.

        Raises:
            ShapeError: If they do not fit.
        """
        channels, _ = channels_and_sizes(self, in_shape)
        if channels % self.groups or self.channels % self.groups:
            raise ShapeError(
                f"{self.groups} groups do not part {channels} channels before and {self.channels} behind; take a "
                f"divisor of both, such as {math.gcd(channels, self.channels)}"
            )


def sum_by_channel(dy: Array, db: Array, s: Scratch) -> None:
    """Write the sum of dy (N, channels, *sizes), contiguous, over samples and positions into db (channels,)."""
    rows = dy.reshape(len(dy) * len(db), -1)
    sums = s.array("sums_of_samples", db.shape)
    # Products with ones are several times faster than sums along axes.
    s.xp.matmul(rows, s.filled("units", rows.shape[1:], 1.0), out=sums.reshape(-1))
    s.xp.matmul(s.ones(), sums, out=db)
