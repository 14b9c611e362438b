"""Values worked out by hand, and the edges of the cross-entropies."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from synapse_rx.losses import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Loss,
    MeanSquaredError,
    SquaredError,
)
from tests.scratches import quiet, scratch


def value(loss: Loss, y: list[float], t: list[float], dtype: Any = np.float64) -> float:
    result = np.empty(1, dtype)
    loss.values(np.array([y], dtype), np.array([t], dtype), result, scratch(1, dtype))
    return float(result[0])


def linked(loss: Loss, z: list[float], t: list[float], dtype: Any = np.float64) -> tuple[float, Any]:
    logits, targets = np.array([z], dtype), np.array([t], dtype)
    y, dz, result = np.empty_like(logits), np.empty_like(logits), np.empty(1, dtype)
    with quiet():
        loss.linked(logits, y, targets, result, dz, 1.0, scratch(1, dtype))
    return float(result[0]), dz[0]


def test_the_squared_error_is_half_the_sum() -> None:
    assert value(SquaredError(), [1, 2, 3], [0, 0, 1]) == 4.5


def test_the_mean_squared_error_is_the_mean() -> None:
    assert value(MeanSquaredError(), [1, 2, 3], [0, 0, 1]) == 3


def test_the_binary_cross_entropy_sums_over_the_outputs() -> None:
    assert value(BinaryCrossEntropy(), [0.5, 0.25], [1, 0]) == pytest.approx(math.log(2) + math.log(4 / 3))


def test_the_categorical_cross_entropy_looks_at_the_targets_only() -> None:
    assert value(CategoricalCrossEntropy(), [0.5, 0.25, 0.25], [0, 1, 0]) == pytest.approx(math.log(4))


def test_soft_labels_count_with_their_weight() -> None:
    assert value(BinaryCrossEntropy(), [0.25], [0.5]) == pytest.approx(math.log(4) / 2 + math.log(4 / 3) / 2)


@pytest.mark.parametrize(
    ("dtype", "at_zero", "at_one"), [(np.float32, 87.34, 16.64), (np.float64, 708.4, 36.74)]
)
def test_certain_and_wrong_costs_what_the_documentation_says(
    dtype: Any, at_zero: float, at_one: float
) -> None:
    assert value(BinaryCrossEntropy(), [0], [1], dtype) == pytest.approx(at_zero, abs=0.05)
    assert value(BinaryCrossEntropy(), [1], [0], dtype) == pytest.approx(at_one, abs=0.05)
    assert value(CategoricalCrossEntropy(), [0, 1], [1, 0], dtype) == pytest.approx(at_zero, abs=0.05)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_from_logits_certain_and_wrong_costs_the_logit(dtype: Any) -> None:
    assert linked(BinaryCrossEntropy(), [1000], [0], dtype)[0] == 1000
    assert linked(BinaryCrossEntropy(), [-1000], [1], dtype)[0] == 1000
    assert linked(CategoricalCrossEntropy(), [1000, -1000], [0, 1], dtype)[0] == 2000


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_from_logits_certain_and_right_costs_nothing(dtype: Any) -> None:
    assert linked(BinaryCrossEntropy(), [1000, -1000], [1, 0], dtype)[0] == 0
    assert linked(CategoricalCrossEntropy(), [1000, -1000], [1, 0], dtype)[0] == 0


def test_a_sigmoid_that_underflowed_still_learns() -> None:
    assert linked(BinaryCrossEntropy(), [-1000], [1])[1] == [-1]


def test_targets_that_sum_to_two_pull_twice_as_hard() -> None:
    total, dz = linked(CategoricalCrossEntropy(), [0, 0], [1, 1])

    assert total == pytest.approx(2 * math.log(2))
    np.testing.assert_allclose(dz, [0, 0], atol=1e-15)


def test_a_sample_without_target_pulls_nowhere() -> None:
    total, dz = linked(CategoricalCrossEntropy(), [3, -1, 2], [0, 0, 0])

    assert total == 0
    np.testing.assert_array_equal(dz, 0)
