from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.errors import LabelError, ShapeError
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
