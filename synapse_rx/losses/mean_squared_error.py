"""The mean of squares."""

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
class MeanSquaredError(Loss):
    """
    The mean of the K squared errors, ``1/K sum_k (y_k - t_k)^2``, with gradient ``2/K (y - t)``; also known as "mse".

    That is `SquaredError` times 2/K. Defined behind every activation; the canonical link is the identity.
    """

    aliases: ClassVar[tuple[str, ...]] = ("mse",)

    def links(self, activation: Activation) -> bool:
        return isinstance(activation, Linear)

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        square = s.array("loss_square", y.shape[1:])
        s.xp.subtract(y, t, out=square)
        s.xp.multiply(square, square, out=square)
        row_sum(square, values, s)
        s.xp.multiply(values, 1 / y.shape[-1], out=values)

    def gradient(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        s.xp.subtract(y, t, out=dy)
        s.xp.multiply(dy, 2 * scale / y.shape[-1], out=dy)

    def linked(
        self, z: Array, y: Array, t: Array, values: Array, dz: Array, scale: float, s: Scratch
    ) -> None:
        s.xp.copyto(y, z)
        self.values(y, t, values, s)
        self.gradient(y, t, dz, scale, s)
