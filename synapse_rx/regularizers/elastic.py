"""Elastic net: lasso and ridge together."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from ..options import non_negative
from ..typing import Array
from .base import Regularizer
from .l1 import L1
from .l2 import L2


@frozen
class Elastic(Regularizer):
    """
    ``penalty = l1 * sum(|w|) + l2 / 2 * sum(w^2)`` (Zou & Hastie, 2005).

    Args:
        l1: Strength of the absolute weights, >= 0.
        l2: Strength of the squared weights, >= 0.

    Raises:
        OptionError: If a strength is negative or not finite.
    """

    l1: float = field(default=1e-5, converter=float, validator=non_negative)
    l2: float = field(default=1e-4, converter=float, validator=non_negative)

    def penalty(self, weights: Array, xp: Any) -> float:
        return L1(self.l1).penalty(weights, xp) + L2(self.l2).penalty(weights, xp)

    def add_derivative(self, weights: Array, grad: Array, scratch: Array, xp: Any) -> None:
        L1(self.l1).add_derivative(weights, grad, scratch, xp)
        L2(self.l2).add_derivative(weights, grad, scratch, xp)
