"""The estimators do what scikit-learn asks of every estimator."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("sklearn")

from sklearn.utils.estimator_checks import parametrize_with_checks

import synapse_rx as sx

# Neither holds for any stochastic descent: with other weights or rows, other batches are drawn. scikit-learn excuses
# its own MLPs from them for the same reason.
WEIGHTS = "batches are drawn by position, so repeating a sample is not the same as counting it twice"
EXCUSED = {
    "check_sample_weight_equivalence_on_dense_data": WEIGHTS,
    "check_sample_weight_equivalence_on_sparse_data": WEIGHTS,
}


@parametrize_with_checks(
    [
        sx.SynapseClassifier(epochs=30, batch=16, learning_rate=0.01, random_state=0),
        sx.SynapseRegressor(epochs=60, batch=16, learning_rate=0.01, random_state=0),
    ],
    expected_failed_checks=lambda estimator: EXCUSED,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_it_is_an_estimator(estimator: Any, check: Any) -> None:
    check(estimator)
