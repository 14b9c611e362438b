from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from synapse_rx.errors import OptionError
from synapse_rx.metrics import Metric, Misclassification, TopK
from tests.scratches import peak_allocation, scratch

NAN = float("nan")


def wrong(metric: Metric, y: Any, t: Any, dtype: Any = np.float64) -> list[float]:
    outputs, targets, result = np.array(y, dtype), np.array(t, dtype), np.full(len(y), 7, dtype)
    s = scratch(len(y), dtype)
    metric.values(outputs, targets, result, s)
    assert all(array.dtype in (dtype, np.int64, bool) for array in s._buffers._arrays.values())
    assert all(name.startswith(("metric_", "row_")) for name in s._buffers._arrays)
    return result.tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("k", "expected"), [(1, [0, 1, 1]), (2, [0, 0, 1]), (3, [0, 0, 0]), (9, [0, 0, 0])])
def test_the_class_is_looked_for_among_the_k_largest_outputs(k: int, expected: list[int], dtype: Any) -> None:
    y, t = [[0.5, 0.3, 0.2]] * 3, np.eye(3)

    assert wrong(TopK(k), y, t, dtype) == expected


scores = hnp.arrays(np.float64, (4, 5), elements=st.sampled_from([-1.0, 0.0, 0.5, 1.0, np.inf, -np.inf, NAN]))


@given(scores, st.lists(st.integers(0, 4), min_size=4, max_size=4))
def test_the_top_one_is_misclassification(y: Any, classes: list[int]) -> None:
    t = np.eye(5)[classes]

    assert wrong(TopK(1), y, t) == wrong(Misclassification(), y, t)


@given(scores, st.lists(st.integers(0, 4), min_size=4, max_size=4), st.integers(1, 6))
def test_of_equals_the_first_is_the_larger(y: Any, classes: list[int], k: int) -> None:
    order = np.argsort(-y, axis=1, kind="stable")
    expected = [
        float(np.isnan(row).any() or c not in first[:k])
        for row, first, c in zip(y, order, classes, strict=True)
    ]

    assert wrong(TopK(k), y, np.eye(5)[classes]) == expected


@pytest.mark.peer("sklearn")
@pytest.mark.parametrize("k", [1, 2, 3])
def test_it_is_one_minus_the_accuracy_of_scikit_learn(k: int, rng: np.random.Generator) -> None:
    from sklearn.metrics import top_k_accuracy_score

    y, classes = rng.random((200, 4)), rng.integers(0, 4, 200)

    accuracy = top_k_accuracy_score(classes, y, k=k)

    assert np.mean(wrong(TopK(k), y, np.eye(4)[classes])) == pytest.approx(1 - accuracy, abs=1e-12)


def test_a_sample_with_an_output_that_is_nan_is_wrong() -> None:
    assert wrong(TopK(5), [[NAN, 1], [1, NAN]], [[1, 0], [1, 0]]) == [1, 1]


def test_it_is_recorded_with_its_number() -> None:
    assert TopK(5).name == "top_5"
    assert TopK(5).kind == "top_k"


def test_nothing_is_allocated_after_the_first_batch() -> None:
    n, k = 16384, 64
    y, result, s = np.ones((n, k), np.float32), np.empty(n, np.float32), scratch(n, np.float32)

    assert peak_allocation(lambda: TopK(5).values(y, y, result, s)) < y.nbytes / 8


@pytest.mark.parametrize("k", [0, -1, 2.0, True, "5", None])
def test_k_is_a_whole_number(k: Any) -> None:
    with pytest.raises(OptionError, match="k of top_k must be a whole number of at least 1"):
        TopK(k)


def test_it_survives_the_way_to_plain_data_and_back() -> None:
    assert Metric.of(TopK(5).to_data()) == TopK(5)
