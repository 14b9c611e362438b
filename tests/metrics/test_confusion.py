from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.errors import LabelError, ShapeError, UnknownNameError
from synapse_rx.metrics import confusion_matrix


def test_rows_are_targets_and_columns_predictions() -> None:
    matrix = confusion_matrix([0, 0, 1, 2], [0, 1, 1, 0], 3)

    np.testing.assert_array_equal(matrix, [[1, 1, 0], [0, 1, 0], [1, 0, 0]])


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1))
def test_it_counts_every_sample_once(pairs: list[tuple[int, int]]) -> None:
    targets, predictions = zip(*pairs, strict=True)

    matrix = confusion_matrix(targets, predictions, 7)

    assert matrix.sum() == len(pairs)
    assert all(matrix[pair] == pairs.count(pair) for pair in pairs)


def test_without_a_number_the_largest_index_counts() -> None:
    assert confusion_matrix([0, 1], [0, 4]).shape == (5, 5)


def test_no_samples_are_no_confusion() -> None:
    np.testing.assert_array_equal(confusion_matrix([], [], 2), [[0, 0], [0, 0]])


def test_small_integer_types_do_not_overflow() -> None:
    many = np.full(3, 200, np.uint8)

    assert confusion_matrix(many, many, 201)[200, 200] == 3


@pytest.mark.parametrize(
    ("targets", "predictions", "error", "message"),
    [
        ([0, 1], [0], ShapeError, "one prediction a target, not 1 for 2"),
        ([[0, 1]], [0], ShapeError, r"targets as a vector of class indexes, not \(1, 2\)"),
        ([0, 3], [0, 1], LabelError, "of 3 classes takes indexes from 0 to 2"),
        ([0, -1], [0, 1], LabelError, "of 3 classes takes indexes from 0 to 2"),
        ([0.0, 1.0], [0, 1], LabelError, "targets as class indexes .integers., not float64"),
    ],
)
def test_what_does_not_fit_is_refused(targets: Any, predictions: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        confusion_matrix(targets, predictions, 3)


@pytest.mark.peer("sklearn")
@pytest.mark.parametrize("normalize", ["true", "pred", "all", None])
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1))
def test_shares_are_those_of_scikit_learn(normalize: Any, pairs: list[tuple[int, int]]) -> None:
    from sklearn import metrics

    targets, predictions = zip(*pairs, strict=True)

    np.testing.assert_allclose(
        confusion_matrix(targets, predictions, 4, normalize=normalize),
        metrics.confusion_matrix(targets, predictions, labels=range(4), normalize=normalize),
        rtol=0,
        atol=1e-12,
    )


def test_no_samples_have_shares_of_zero() -> None:
    for normalize in ("true", "pred", "all"):
        np.testing.assert_array_equal(confusion_matrix([], [], 2, normalize=normalize), np.zeros((2, 2)))


def test_an_unknown_way_to_normalize_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown normalize 'rows'; known: all, pred, true"):
        confusion_matrix([0], [0], normalize="rows")
