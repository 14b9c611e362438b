"""The contract of a penalty on parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from ..described import Described
from ..typing import Array


class Regularizer(Described, ABC):
    """
    A penalty on the weights that is added to the loss, and its derivative, which is added to the gradient.

    Implementations are frozen attrs classes. Biases and the like are left out by whoever applies it.
    """

    @abstractmethod
    def penalty(self, weights: Array, xp: Any) -> float:
        """Return the penalty of ``weights``, a vector."""

    @abstractmethod
    def add_derivative(self, weights: Array, grad: Array, scratch: Array, xp: Any) -> None:
        """Add the penalty's derivative to ``grad``; ``scratch`` is a vector like it that may be overwritten."""
