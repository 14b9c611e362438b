"""What counts as samples, and what the errors say about everything else."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from synapse_rx.data.samples import to_samples
from synapse_rx.errors import DataError

NAN, INF = float("nan"), float("inf")

BAD = [
    ([[1, 2], [3]], None, "row 0 has 2 features, row 1 has 1 features"),
    ([[1, 2], 3], None, "row 1 has a single value"),
    ([[[1, 2], [3]], [[1, 2], [3]]], None, "sequences of different lengths"),
    ([[1.0, 2.0], [3.0, NAN]], None, "nan at row 1, column 1"),
    (np.array([[[1.0]], [[INF]]]), None, "inf at row 1, index (0, 0)"),
    (np.array([[1.0, -INF]], np.float16), None, "-inf at row 0, column 1"),
    ([[1e300, 0.0]], None, "1e+300 at row 0, column 0 is too large for float32"),
    ([[0.5, 1.0]], "uint8", "0.5 at row 0, column 0"),
    ([[0, 256]], "uint8", "256 at row 0, column 1"),
    ([[0, -1]], "uint8", "-1 at row 0, column 1"),
    ([], None, "(0,)"),
    (np.empty((0, 4)), None, "the set is empty"),
    (np.empty((4, 0)), None, "no features"),
    ([1.0, 2.0], None, "samples[:, None]"),
    (5.0, None, "not ()"),
    ([["a", "b"]], None, "astype(float)"),
    ([[None, 1.0]], None, "object"),
    (np.array([[1 + 2j]]), None, "complex128"),
    (np.array([["2020-01-01"]], "datetime64[D]"), None, "datetime64"),
    (None, None, "a NoneType"),
    ({"a": 1}, None, "a dict"),
    ((row for row in [[1, 2]]), None, "a generator"),
    ("text", None, "a str"),
    (np.ma.masked_equal([[1.0, 2.0]], 2.0), None, "filled"),
]


@pytest.mark.parametrize(("samples", "dtype", "said"), BAD, ids=[said for _, _, said in BAD])
def test_the_error_says_what_is_wrong_with_samples(samples, dtype, said):
    with pytest.raises(DataError, match=re.escape(said)):
        to_samples(samples, dtype)


def test_what_does_not_turn_into_an_array_is_named():
    class Stubborn:
        def __array__(self, dtype=None, copy=None):
            raise TypeError("no way")

    with pytest.raises(DataError, match="a Stubborn: no way"):
        to_samples(Stubborn())


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_an_array_of_a_kept_type_keeps_it(dtype):
    assert to_samples(np.ones((2, 3), dtype)).dtype == dtype


@pytest.mark.parametrize("samples", [[[1, 2]], [[True, False]], np.ones((1, 2), np.float16), ((1.5, 2),)])
def test_everything_else_becomes_float32(samples):
    assert to_samples(samples).dtype == np.float32


def test_booleans_and_whole_floats_fit_bytes():
    assert to_samples([[True, False]], "uint8").tolist() == [[1, 0]]
    assert to_samples([[255.0, 0.0]], "uint8").tolist() == [[255, 0]]


def test_float32_keeps_its_largest_value():
    largest = np.finfo(np.float32).max

    assert to_samples([[largest, -largest]])[0, 0] == largest


@given(hnp.arrays(np.float64, (3, 4), elements=st.floats(width=32)), st.sampled_from(["float32", "float64"]))
def test_samples_are_finite_or_refused(values, dtype):
    if np.isfinite(values).all():
        assert np.array_equal(to_samples(values, dtype), values)
    else:
        row, column = np.argwhere(~np.isfinite(values))[0]
        with pytest.raises(DataError, match=f"row {row}, column {column}"):
            to_samples(values, dtype)
