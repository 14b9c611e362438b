"""Half the sum of squares."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ..activations.base import Activation
from ..activations.linear import Linear
from ..activations.rows import row_sum
from ..scratch import Scratch
from ..typing import Array
from .base import Loss


@frozen
class SquaredError(Loss):
    """
    Half the squared distance, ``1/2 sum_k (y_k - t_k)^2``, with gradient ``y - t``; also known as "sum_of_squares".

    A sum over the outputs, not a mean: `MeanSquaredError` is what other libraries call MSE. Defined behind every
    activation; the canonical link is the identity.
    """

    aliases: ClassVar[tuple[str, ...]] = ("sum_of_squares",)

    def links(self, activation: Activation) -> bool:
        return isinstance(activation, Linear)

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        square = s.array("loss_square", y.shape[1:])
        s.xp.subtract(y, t, out=square)
        s.xp.multiply(square, square, out=square)
        row_sum(square, values, s)
        s.xp.multiply(values, 0.5, out=values)

    def gradient(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        s.xp.subtract(y, t, out=dy)
        s.xp.multiply(dy, scale, out=dy)

    def linked(
        self, z: Array, y: Array, t: Array, values: Array, dz: Array, scale: float, s: Scratch
    ) -> None:
        s.xp.copyto(y, z)
        self.values(y, t, values, s)
        self.gradient(y, t, dz, scale, s)
