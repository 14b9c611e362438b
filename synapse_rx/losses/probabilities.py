"""What cross-entropies ask of outputs: that they are probabilities."""

from __future__ import annotations

from ..activations.base import Activation
from ..errors import LossError
from .base import Loss


def require_probabilities(loss: Loss, activation: Activation) -> None:
    """
    Check that ``activation`` gives outputs in [0, 1], where logarithms of y and 1 - y exist.

    Raises:
        LossError: If it does not, naming what to use instead.
    """
    low, high = activation.range
    if low < 0 or high > 1:
        raise LossError(
            f"{loss.kind} takes outputs in [0, 1], and those of {activation.kind} lie in [{low:g}, {high:g}]; "
            'end the network in "softmax" (one class of several) or "sigmoid" (independent yes or no), '
            'or use the loss "squared_error"'
        )
