"""A regressor for scikit-learn."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from ..typing import Array
from .base import SynapseEstimator


class SynapseRegressor(RegressorMixin, SynapseEstimator):
    """
    A network that estimates numbers, one or several for each sample, as a scikit-learn estimator.

    Targets are brought to mean 0 and variance 1 before they are learnt, so ``net_`` answers on that scale; `predict`
    goes back to theirs. Arguments and attributes are those of `SynapseClassifier`, without classes; the loss is the
    squared error by default.

    Attributes:
        net_: The cell of the network.
        n_features_in_: Numbers in a sample.
        n_iter_: Epochs learnt.
        loss_curve_: The loss after each of them.
        target_mean_: What was taken from each target, (targets,).
        target_scale_: What they were divided by then, (targets,).
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """
        Learn from samples X (N, features) and their targets y (N,) or (N, targets).

        Args:
            X: Samples.
            y: Targets.
            sample_weight: How often each sample counts (N,); None for once.

        Raises:
            ValueError: If they do not fit each other.
        """
        X, y = self._pair(X, y, reset=True)
        if not (self.warm_start and hasattr(self, "net_") and self.target_mean_.shape == y.shape[1:]):
            self._scale_by(y)
            self._begin(X, y.shape[1], None)
        return self._regress(X, y, self.epochs, sample_weight)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """
        Learn one epoch from these samples, on top of what was learnt before; the first call sets the scales.

        Args:
            X: Samples (N, features).
            y: Their targets (N,) or (N, targets).
            sample_weight: How often each sample counts (N,); None for once.

        Raises:
            ValueError: If they do not fit each other, or what was learnt before.
        """
        first = not hasattr(self, "net_")
        X, y = self._pair(X, y, reset=first)
        if first:
            self._scale_by(y)
            self._begin(X, y.shape[1], None)
        elif y.shape[1:] != self.target_mean_.shape:
            raise ValueError(f"y has {y.shape[1]} targets, but {len(self.target_mean_)} were learnt before")
        return self._regress(X, y, 1, sample_weight, early=False)

    def predict(self, X: Any) -> Array:
        """Return the estimated targets, (N,), or (N, targets) if so they were learnt."""
        check_is_fitted(self)
        y = self._outputs(X).astype(np.float64) * self.target_scale_ + self.target_mean_
        return y[:, 0] if self._flat else y

    def _pair(self, X: Any, y: Any, *, reset: bool) -> tuple[Array, Array]:
        X, y = validate_data(
            self, X, y, dtype=[np.float64, np.float32], multi_output=True, y_numeric=True, reset=reset
        )
        y = np.asarray(y, np.float64)
        self._flat = y.ndim == 1
        return X, y.reshape(len(y), -1)

    def _scale_by(self, y: Array) -> None:
        self.target_mean_ = y.mean(axis=0)
        spread = y.std(axis=0)
        self.target_scale_ = np.where(spread > 0, spread, 1.0)

    def _regress(self, X: Array, y: Array, n: int, weights: Any, *, early: bool = True) -> Self:
        scaled = (y - self.target_mean_) / self.target_scale_
        if weights is not None:
            weights = _check_sample_weight(weights, X, ensure_non_negative=True)
        return self._learn(X, scaled, n, weights, targets="values", early=early and self.early_stopping)
