"""A data set is a value."""

from __future__ import annotations

import copy
import pickle
import re

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from synapse_rx.data import DataSet
from synapse_rx.errors import DataError, LabelError, OptionError


def small(**changes) -> DataSet:
    parts = {"x": [[1, 2], [3, 4], [5, 6]], "y": [[1, 0], [0, 1], [1, 0]], "labels": ("a", "b")} | changes
    return DataSet(**parts)


def test_a_data_set_knows_its_shapes():
    data = DataSet(np.zeros((5, 1, 8, 8)), np.zeros((5, 3)))

    assert (len(data), data.sample_shape, data.outputs) == (5, (1, 8, 8), 3)


def test_what_the_caller_does_later_does_not_reach_the_set():
    x, y = np.ones((2, 2), np.float32), np.ones((2, 1), np.float32)
    view = x[:]
    view.setflags(write=False)
    data = DataSet(view, y)

    x[:], y[:] = 7, 7

    assert (data.x == 1).all()
    assert (data.y == 1).all()


@pytest.mark.parametrize("name", ["x", "y"])
def test_the_arrays_cannot_be_made_writable(name):
    array = getattr(small(), name)

    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        array.setflags(write=True)


def test_a_data_set_cannot_be_changed():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        small().scale = 2.0


def test_a_slice_shares_memory():
    data = small()

    assert np.shares_memory(data[1:].x, data.x)


def test_equal_contents_are_equal_and_hash_alike():
    assert small() == small()
    assert hash(small()) == hash(small())


@pytest.mark.parametrize(
    "changes",
    [
        {"x": [[1, 2], [3, 4], [5, 7]]},
        {"x": np.array([[1, 2], [3, 4], [5, 6]], np.uint8)},
        {"y": [[1, 0], [1, 0], [1, 0]]},
        {"y": None},
        {"labels": ("a", "c")},
        {"scale": 2.0},
    ],
    ids=str,
)
def test_another_content_is_another_value(changes):
    assert small() != small(**changes)


def test_a_data_set_equals_nothing_else():
    assert small() != "samples"


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda data: pickle.loads(pickle.dumps(data))])
def test_a_copy_is_equal_and_as_immutable(again):
    data = small(scale=0.5)

    twin = again(data)

    assert twin == data
    with pytest.raises(ValueError, match="WRITEABLE"):
        twin.x.setflags(write=True)


@given(hnp.arrays(np.uint8, (6, 2)), st.slices(6).filter(lambda s: len(range(6)[s])))
def test_a_slice_holds_the_rows_that_numpy_would_give(x, rows):
    data = DataSet(x, x[:, :1])

    part = data[rows]

    assert np.array_equal(part.x, x[rows])
    assert np.array_equal(part.y, x[rows, :1])
    assert part.x.flags.c_contiguous


@pytest.mark.parametrize("rows", [[2, 0], np.array([2, 0]), [-1, 0]], ids=repr)
def test_rows_are_taken_in_the_order_asked_for(rows):
    assert small().take(rows).x.tolist() == [[5, 6], [1, 2]]


def test_a_mask_takes_what_it_marks():
    assert small()[[True, False, True]].x.tolist() == [[1, 2], [5, 6]]


def test_one_row_is_a_set_of_one():
    assert small()[-1].x.tolist() == [[5, 6]]
    assert [len(sample) for sample in small()] == [1, 1, 1]
    with pytest.raises(IndexError):
        small()[3]


@pytest.mark.parametrize("rows", [[], slice(2, 2), np.zeros(3, bool), [0.5], [[0]], "first"], ids=repr)
def test_what_takes_nothing_is_refused(rows):
    with pytest.raises(DataError):
        small().take(rows)


def test_samples_are_learnt_scaled():
    data = DataSet(np.array([[0, 255]], np.uint8), scale=1 / 255)

    assert data.x.dtype == np.uint8
    assert data.scaled().tolist() == [[0, 1]]
    assert data.scaled().dtype == np.float32
    assert data.scaled("float64").dtype == np.float64


def test_unscaled_samples_are_not_copied():
    data = small()

    assert data.scaled() is data.x


def test_targets_are_as_precise_as_the_samples():
    assert DataSet(np.ones((1, 1), np.float32), np.ones((1, 1))).y.dtype == np.float32
    assert DataSet(np.ones((1, 1), np.float64), np.ones((1, 1), int)).y.dtype == np.float64


@pytest.mark.parametrize(
    ("y", "labels", "said"),
    [
        ([[1]], None, "3 samples have 1 targets"),
        ([1, 2, 3], None, "an array (3,)"),
        (np.zeros((3, 0)), None, "(3, 0)"),
        ([["a"]] * 3, None, "numbers"),
        ([[1.0], [float("nan")], [0.0]], None, "nan at row 1, column 0"),
        ([[1e300]] * 3, None, "1e+300"),
        (np.eye(3), ("a", "b"), "3 columns, but there are 2 labels"),
        (np.eye(3), ("a", "b", "a"), "twice"),
    ],
)
def test_the_error_says_what_is_wrong_with_targets(y, labels, said):
    with pytest.raises(LabelError, match=re.escape(said)):
        small(y=y, labels=labels)


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf"), "big", None])
def test_the_scale_is_a_positive_number(scale):
    with pytest.raises(OptionError, match="scale="):
        small(scale=scale)


def test_the_repr_tells_what_is_inside():
    assert repr(small()) == "<DataSet 3 samples (2,) float32, 2 labels 'a', 'b'>"
    assert repr(DataSet([[1]])) == "<DataSet 1 samples (1,) float32, no targets>"
    images = DataSet(np.zeros((2, 4), np.uint8), np.zeros((2, 3)), scale=1 / 255)
    assert repr(images) == "<DataSet 2 samples (4,) uint8 * 0.003922, 3 values>"
