"""Labels to targets and back."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.data.targets import decode, encode
from synapse_rx.errors import LabelError, OptionError

LABELS = st.one_of(
    st.lists(st.integers(-5, 5), min_size=2),
    st.lists(st.booleans(), min_size=2),
    st.lists(st.text("abcäß ", max_size=3), min_size=2),
).filter(lambda labels: len(set(labels)) > 1)


@given(LABELS, st.booleans())
def test_one_hot_targets_decode_to_the_labels(labels, as_array):
    encoded = encode(np.array(labels) if as_array else labels, len(labels))

    assert decode(encoded.y, encoded.labels) == labels
    assert (encoded.y.sum(axis=1) == 1).all()
    assert encoded.labels == tuple(sorted(set(labels)))


@pytest.mark.parametrize(
    "labels", [["b", "a"], np.array(["b", "a"]), np.array(["b", "a"], object), ("b", "a")], ids=repr
)
def test_text_becomes_classes_in_sorted_order(labels):
    encoded = encode(labels, 2)

    assert encoded.labels == ("a", "b")
    assert encoded.y.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool])
def test_labels_are_plain_python_values(dtype):
    encoded = encode(np.array([1, 0], dtype), 2)

    assert [type(label) for label in encoded.labels] == [bool if dtype is bool else int] * 2


@pytest.mark.parametrize("labels", [[0.0, 1.0], [0, 1.5], np.array([0, 1], np.float32)], ids=repr)
def test_floats_in_one_dimension_are_values(labels):
    encoded = encode(labels, 2)

    assert encoded.labels is None
    assert encoded.y.shape == (2, 1)
    assert encoded.y.dtype == np.float32


def test_two_dimensions_are_values():
    encoded = encode([[1, 0], [0, 1]], 2)

    assert encoded.labels is None
    assert encoded.y.tolist() == [[1, 0], [0, 1]]


def test_float64_keeps_its_digits():
    assert encode([0.1, 0.2], 2, dtype="float64").y[0, 0] == 0.1


def test_floats_become_classes_on_demand():
    assert encode([2.0, 1.0], 2, targets="classes").labels == (1.0, 2.0)


def test_integers_become_values_on_demand():
    assert encode([2, 1], 2, targets="values").y.tolist() == [[2], [1]]


def test_one_column_of_labels_becomes_classes_on_demand():
    assert encode([[7], [3]], 2, targets="classes").labels == (3, 7)


def test_one_hot_rows_become_classes_on_demand():
    encoded = encode([[0, 1, 0], [1, 0, 0]], 2, targets="classes")

    assert encoded.labels == (0, 1, 2)
    assert encoded.y.tolist() == [[0, 1, 0], [1, 0, 0]]


def test_known_labels_give_the_order():
    assert encode(["a", "a"], 2, known=("b", "a", "c")).y.tolist() == [[0, 1, 0], [0, 1, 0]]


def test_a_column_of_labels_finds_its_known_labels():
    assert encode([[5], [6]], 2, known=(5, 6, 7)).y.tolist() == [[1, 0, 0], [0, 1, 0]]


def test_one_column_of_text_is_a_column_of_labels():
    assert encode([["a"], ["b"]], 2).labels == ("a", "b")


def test_floats_find_their_known_labels():
    assert encode([1.0, 0.0], 2, known=(0, 1)).y.tolist() == [[0, 1], [1, 0]]


BAD = [
    ([1, "a"], {}, "numbers (such as 1) and text ('a' at row 1)"),
    ([1, 0, True], {}, "booleans (True at row 2)"),
    ([1, 2.5, None], {}, "not NoneType (None at row 2)"),
    (np.array(["a", 1], object), {}, "numbers (1 at row 1)"),
    ([2**63, -1], {}, "64 bits"),
    ([2**70, 1], {}, "64 bits"),
    ([None, None], {}, "not NoneType (None at row 0)"),
    ([b"a", b"b"], {}, "not bytes"),
    (np.array([b"a", b"b"]), {}, "not |S1"),
    (np.array([1j, 2]), {}, "not complex128"),
    ([[1, 2], [3]], {}, "the same length"),
    ([7, 7], {}, "every label is 7"),
    ([7.0, 7.0], {"targets": "classes"}, "every label is 7.0"),
    ([1.0, float("nan")], {}, "nan at row 1, column 0"),
    ([1.0, float("inf")], {"targets": "classes"}, "inf at row 1"),
    ([[1.0, 0.0], [0.0, float("nan")]], {}, "nan at row 1, column 1"),
    ([1e300, 0.0], {}, "1e+300"),
    (["a", "b"], {"targets": "values"}, "not text such as 'a'"),
    ([["a", "b"]] * 2, {}, "take one column"),
    ([[0, 1], [1, 1]], {"targets": "classes"}, "row 1 is [1 1]"),
    ([[0.5, 0.0], [1, 0]], {"targets": "classes"}, "row 0 is"),
    (np.array([[["a", "b"]], [["a", "c"]]]), {}, "(2, 1, 2)"),
    (np.zeros((2, 0)), {}, "no labels"),
    ([], {}, "no labels"),
    (3, {}, "an int"),
    (np.array(3), {}, "an array () of int64"),
    ({1, 2}, {}, "a set"),
    ((i for i in range(2)), {}, "a generator"),
    ([1, 2, 3], {}, "2 samples have 3 labels"),
    (["a", "d"], {"known": ("a", "b")}, "never seen in training: 'd'"),
    ([1, 2], {"known": ("1", "2")}, "never seen in training: 1, 2"),
    ([[1, 2, 3]] * 2, {"known": (0, 1)}, "3 columns"),
]


@pytest.mark.parametrize(("labels", "options", "said"), BAD, ids=[said for _, _, said in BAD])
def test_the_error_says_what_is_wrong_with_labels(labels, options, said):
    with pytest.raises(LabelError, match=re.escape(said)):
        encode(labels, 2, **options)


def test_labels_that_are_nearly_all_different_look_like_values():
    with pytest.raises(LabelError, match="targets='values'"):
        encode(np.arange(1500), 1500)
    assert encode(np.arange(1500), 1500, targets="classes").y.shape == (1500, 1500)


def test_known_labels_contradict_values():
    with pytest.raises(OptionError, match="known_labels="):
        encode([1, 2], 2, targets="values", known=(1, 2))


def test_decoding_wants_a_column_per_label():
    with pytest.raises(LabelError, match=re.escape("(N, 3), not (1, 2)")):
        decode([[0, 1]], (1, 2, 3))
