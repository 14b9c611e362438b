"""A classifier for scikit-learn."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from ..typing import Array
from .base import SynapseEstimator


class SynapseClassifier(ClassifierMixin, SynapseEstimator):
    """
    A network that tells classes apart, as a scikit-learn estimator.

    It goes where scikit-learn's own classifiers go: pipelines, grid searches, cross-validation. The live network is
    ``net_``, so that watches, displays and edits work while ``fit`` runs on another thread.

    Args:
        hidden: Units of the hidden layers, or layers, such as ``[Conv2D(8, 3), MaxPool2D(2)]``.
        activation: That of hidden layers given by their units.
        algorithm: How it learns, by name or description.
        learning_rate: That of the algorithm; None for its default.
        epochs: How often all samples are learnt by `fit`, at most.
        batch: Samples in a batch.
        loss: What is minimised; None for cross-entropy.
        regularization: A penalty on the weights, such as ``L2(1e-4)``.
        normalize: What is done to samples, see `training_set`; None for nothing.
        early_stopping: Put samples aside and stop once the error on them gets no better.
        validation_fraction: Which share of the samples, for that.
        patience: Epochs that may pass without a better error, for that.
        min_delta: By how much an error must be better to count as better, for that.
        warm_start: Let `fit` go on with the network there is.
        dtype: "float32" or "float64".
        random_state: Where the randomness starts: a seed, a ``RandomState`` or None.

    Attributes:
        net_: The cell of the network.
        classes_: The classes in the order of the outputs.
        n_features_in_: Numbers in a sample.
        n_iter_: Epochs learnt.
        loss_curve_: The loss after each of them.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """
        Learn from samples X (N, features) and their classes y (N,).

        Args:
            X: Samples.
            y: Classes.
            sample_weight: How often each sample counts (N,); None for once.

        Raises:
            ValueError: If they do not fit each other, or there is one class only.
        """
        X, y = self._pair(X, y, reset=True)
        classes = unique_labels(y)
        if len(classes) < 2:
            raise ValueError(f"a classifier needs at least two classes; y has one class, {classes[0]!r}")
        if not (self.warm_start and hasattr(self, "net_") and np.array_equal(classes, self.classes_)):
            self.classes_ = classes
            self._begin(X, len(classes), "softmax")
        return self._classify(X, y, self.epochs, sample_weight)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """
        Learn one epoch from these samples, on top of what was learnt before.

        Args:
            X: Samples (N, features).
            y: Their classes (N,).
            classes: All classes there will be; wanted in the first call alone.
            sample_weight: How often each sample counts (N,); None for once.

        Raises:
            ValueError: If classes are missing in the first call, or others than before turn up.
        """
        first = not hasattr(self, "net_")
        X, y = self._pair(X, y, reset=first)
        if first:
            if classes is None:
                raise ValueError("classes must be given in the first call of partial_fit")
            self.classes_ = unique_labels(classes)
            self._begin(X, len(self.classes_), "softmax")
        elif classes is not None and not np.array_equal(unique_labels(classes), self.classes_):
            raise ValueError(
                f"classes are {self.classes_} since the first call of partial_fit, not {classes}"
            )
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(f"y has classes {unknown} that are not among {self.classes_}")
        return self._classify(X, y, 1, sample_weight, early=False)

    def predict(self, X: Any) -> Array:
        """Return the class of each sample, (N,)."""
        check_is_fitted(self)
        return self.classes_[self._outputs(X).argmax(axis=1)]

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class for each sample, (N, classes), in the order of ``classes_``."""
        proba = self._outputs(X).astype(np.float64)
        return proba / proba.sum(axis=1, keepdims=True)

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithm of `predict_proba`."""
        return np.log(np.maximum(self.predict_proba(X), np.finfo(np.float64).tiny))

    def _pair(self, X: Any, y: Any, *, reset: bool) -> tuple[Array, Array]:
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32], reset=reset)
        check_classification_targets(y)
        return X, column_or_1d(y, warn=True)

    def _classify(self, X: Array, y: Any, n: int, weights: Any, *, early: bool = True) -> Self:
        index = np.searchsorted(self.classes_, y)
        one_hot = np.zeros((len(y), len(self.classes_)))
        one_hot[np.arange(len(y)), index] = 1.0
        if weights is not None:
            weights = _check_sample_weight(weights, X, ensure_non_negative=True)
        return self._learn(
            X, one_hot, n, weights, targets="values", stratify=index, early=early and self.early_stopping
        )
