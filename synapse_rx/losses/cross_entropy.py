"""The cross-entropy that suits the output."""

from __future__ import annotations

from attrs import field, frozen

from ..activations.base import Activation
from ..activations.log_softmax import LogSoftmax
from ..activations.softmax import Softmax
from ..options import number
from ..scratch import Scratch
from ..typing import Array
from .base import Loss
from .binary_cross_entropy import BinaryCrossEntropy
from .categorical_cross_entropy import CategoricalCrossEntropy
from .negative_log_likelihood import NegativeLogLikelihood
from .options import check_weights, class_weights, smoothing, weights
from .probabilities import check_probabilities, require_probabilities


@frozen
class CrossEntropy(Loss):
    """
    The cross-entropy that suits the output: categorical behind a softmax, else binary, as in Clojure's Synaptic.

    Behind a log-softmax it is the `NegativeLogLikelihood`, which is the categorical one of log-probabilities.

    A choice and no loss by itself: `for_output` makes it and passes the options on.

    Args:
        label_smoothing: Share of every target that is given to all classes alike; see the loss that is chosen.
        class_weights: One number >= 0 for each output in the order of the labels; None for 1.
    """

    label_smoothing: float = field(default=0.0, converter=number, validator=smoothing)
    class_weights: tuple[float, ...] | None = field(default=None, converter=weights, validator=class_weights)

    def for_output(self, activation: Activation) -> Loss:
        if isinstance(activation, Softmax):
            return CategoricalCrossEntropy(self.label_smoothing, self.class_weights)
        if isinstance(activation, LogSoftmax):
            return NegativeLogLikelihood(self.label_smoothing, self.class_weights)
        require_probabilities(self, activation)
        return BinaryCrossEntropy(self.label_smoothing, self.class_weights)

    def check_targets(self, t: Array) -> None:
        check_probabilities(self, t)
        check_weights(self, self.class_weights, t)

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        raise AssertionError("cross_entropy is a choice; ask for_output for the loss")

    def gradient(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        raise AssertionError("cross_entropy is a choice; ask for_output for the loss")
