"""Ridge: shrink large weights most."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from ..options import non_negative
from ..typing import Array
from .base import Regularizer


@frozen
class L2(Regularizer):
    """
    Squared weights, ``penalty = strength / 2 * sum(w^2)``, derivative ``strength * w``.

    Args:
        strength: >= 0.

    Raises:
        OptionError: If the strength is negative or not finite.
    """

    strength: float = field(default=1e-4, converter=float, validator=non_negative)

    def penalty(self, weights: Array, xp: Any) -> float:
        return 0.5 * self.strength * xp.dot(weights, weights).item()

    def add_derivative(self, weights: Array, grad: Array, scratch: Array, xp: Any) -> None:
        xp.multiply(weights, self.strength, out=scratch)
        xp.add(grad, scratch, out=grad)
