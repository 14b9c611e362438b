"""What cross-entropies ask of outputs and targets: that they are probabilities."""

from __future__ import annotations

from ..activations.base import Activation
from ..errors import LossError
from ..typing import Array
from .base import Loss, refuse


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


def check_probabilities(loss: Loss, t: Array) -> None:
    """
    Check that targets are in [0, 1].

    Raises:
        LabelError: If one is not, or is NaN.
    """
    if t.size and not (t.min() >= 0 and t.max() <= 1):
        refuse(
            loss,
            t,
            ~((t >= 0) & (t <= 1)),
            "compares probabilities, so targets must be in [0, 1]",
            "for values use loss='squared_error' and a linear output",
        )
