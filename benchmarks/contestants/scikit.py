"""scikit-learn's MLPClassifier."""

from __future__ import annotations

from typing import Any

import numpy as np

from .base import Contestant
from .problem import HIDDEN, OUTPUTS, Problem, Weights


class PartialFit(Contestant):
    """
    ``partial_fit`` of all samples, which is one epoch in batches of ``batch_size``, in order when ``shuffle=False``.

    Each call checks samples and labels and makes the labels one-hot again, as it does for every user.
    """

    def __init__(self, problem: Problem) -> None:
        from sklearn.neural_network import MLPClassifier  # optional, like every peer

        self._problem = problem
        model: Any = MLPClassifier  # its stub says that batch_size were a text
        self._model = model(
            (HIDDEN,),
            activation="logistic",
            solver="sgd",
            alpha=0.0,
            batch_size=problem.batch,
            learning_rate_init=problem.learning_rate,
            momentum=0.0,
            nesterovs_momentum=False,
            shuffle=False,
        )
        # The first call makes the arrays, which then take the weights that everyone begins with.
        first = slice(problem.batch)
        self._model.partial_fit(problem.x[first], problem.labels[first], classes=np.arange(OUTPUTS))
        for array, first in zip(self.weights(), problem.first_weights(), strict=True):
            array[...] = first

    def epoch(self) -> None:
        self._model.partial_fit(self._problem.x, self._problem.labels)

    def weights(self) -> Weights:
        (W1, W2), (b1, b2) = self._model.coefs_, self._model.intercepts_
        return Weights(W1, b1, W2, b2)
