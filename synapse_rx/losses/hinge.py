"""The hinge loss: outputs on the right side by a margin."""

from __future__ import annotations

from attrs import field, frozen

from ..activations.base import Activation
from ..errors import LossError
from ..options import flag, number, positive
from ..scratch import Scratch
from ..typing import Array
from .base import Loss
from .separable import Separable
from .sides import check_sides


@frozen
class Hinge(Separable):
    """
    Every output on the right side of 0 by a margin, ``sum_k max(0, margin - s_k y_k)`` (Cortes & Vapnik, 1995).

    The side s is 1 where a target is > 0, else -1: targets may be 1 and -1 or 1 and 0. One output tells two classes
    apart, several are one-versus-rest; `MultiClassHinge` compares the outputs of a sample with each other instead. The
    gradient is ``-s`` where the margin is violated, else 0.

    Args:
        margin: How far on the right side is far enough, > 0.
        squared: Square each term (not halved), which makes the gradient continuous, ``-2 s max(0, margin - s y)``.
    """

    margin: float = field(default=1.0, converter=number, validator=positive)
    squared: bool = field(default=False, validator=flag)

    def for_output(self, activation: Activation) -> Loss:
        low, high = activation.range
        if low >= 0 or high <= 0:
            raise LossError(
                f"{self.kind} takes outputs of either sign, and those of {activation.kind} lie in [{low:g}, {high:g}]; "
                'end the network in "linear" or "tanh", or use the loss "cross_entropy"'
            )
        return self

    def check_targets(self, t: Array) -> None:
        check_sides(self, t)

    def terms(self, y: Array, t: Array, terms: Array, s: Scratch) -> None:
        self._violations(y, t, terms, s)
        if self.squared:
            s.xp.multiply(terms, terms, out=terms)

    def slopes(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        side = self._violations(y, t, dy, s)
        if self.squared:
            s.xp.multiply(dy, 2.0, out=dy)
        else:
            s.xp.sign(dy, out=dy)
        s.xp.multiply(dy, side, out=dy)
        s.xp.multiply(dy, -scale, out=dy)

    def _violations(self, y: Array, t: Array, out: Array, s: Scratch) -> Array:
        """Write max(0, margin - s y) and return s."""
        side = s.array("loss_side", y.shape[1:])
        s.xp.greater(t, 0.0, out=side)
        s.xp.multiply(side, 2.0, out=side)
        s.xp.subtract(side, 1.0, out=side)
        s.xp.multiply(side, y, out=out)
        s.xp.subtract(self.margin, out, out=out)
        s.xp.maximum(out, 0.0, out=out)
        return side
