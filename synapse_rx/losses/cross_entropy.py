"""The cross-entropy that suits the output."""

from __future__ import annotations

from attrs import frozen

from ..activations.base import Activation
from ..activations.softmax import Softmax
from ..scratch import Scratch
from ..typing import Array
from .base import Loss
from .binary_cross_entropy import BinaryCrossEntropy
from .categorical_cross_entropy import CategoricalCrossEntropy
from .probabilities import require_probabilities


@frozen
class CrossEntropy(Loss):
    """
    The cross-entropy that suits the output: categorical behind a softmax, else binary, as in Clojure's Synaptic.

    A choice and no loss by itself: `for_output` makes it.
    """

    def for_output(self, activation: Activation) -> Loss:
        if isinstance(activation, Softmax):
            return CategoricalCrossEntropy()
        require_probabilities(self, activation)
        return BinaryCrossEntropy()

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        raise AssertionError("cross_entropy is a choice; ask for_output for the loss")

    def gradient(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        raise AssertionError("cross_entropy is a choice; ask for_output for the loss")
