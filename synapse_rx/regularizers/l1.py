"""Lasso: drive small weights to zero."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from ..options import non_negative
from ..typing import Array
from .base import Regularizer


@frozen
class L1(Regularizer):
    """
    Absolute weights, ``penalty = strength * sum(|w|)``, derivative ``strength * sign(w)``, 0 at 0.

    Args:
        strength: >= 0.

    Raises:
        OptionError: If the strength is negative or not finite.
    """

    strength: float = field(default=1e-4, converter=float, validator=non_negative)

    def penalty(self, weights: Array, xp: Any) -> float:
        return self.strength * xp.abs(weights).sum().item()

    def add_derivative(self, weights: Array, grad: Array, scratch: Array, xp: Any) -> None:
        xp.sign(weights, out=scratch)
        xp.multiply(scratch, self.strength, out=scratch)
        xp.add(grad, scratch, out=grad)
