"""Data sets by name. MNIST itself is read in test_mnist.py."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from synapse_rx.data import decode, load_test_set, load_training_set
from synapse_rx.errors import MissingExtraError, OptionError, UnknownNameError

FIRST_HELD_OUT = """
    0  0  5 13  9  1  0  0
    0  0 13 15 10 15  5  0
    0  3 15  2  0 11  8  0
    0  4 12  0  0  8  8  0
    0  5  8  0  0  9  8  0
    0  4 11  0  1 12  7  0
    0  2 14  5 10 12  0  0
    0  0  6 13 10  0  0  0
"""

FIRST_TO_LEARN = """
    0  0  0 12 13  5  0  0
    0  0  0 11 16  9  0  0
    0  0  3 15 16  6  0  0
    0  7 15 16 16  2  0  0
    0  0  1 16 16  3  0  0
    0  0  1 16 16  6  0  0
    0  0  1 16 16  6  0  0
    0  0  0 11 16 10  0  0
"""


def test_digits_are_the_default():
    trset = load_training_set()

    assert trset == load_training_set("digits")
    assert (trset.header.name, trset.header.type) == ("digits", "grayscale-image")
    assert (len(trset), len(trset.valid), trset.batch) == (1237, 200, 32)
    assert (trset.sample_shape, trset.labels, trset.shuffle) == ((64,), tuple(range(10)), "once")
    assert (trset.x.dtype, trset.x.min(), trset.x.max()) == (np.float32, 0, 1)


def test_the_first_digits_are_the_known_ones():
    trset, teset = load_training_set("digits", shuffle=False), load_test_set("digits")

    assert (trset.x[0] * 16).astype(int).tolist() == [int(v) for v in FIRST_TO_LEARN.split()]
    assert (teset.x[0] * 16).astype(int).tolist() == [int(v) for v in FIRST_HELD_OUT.split()]
    assert decode(trset.y[:12], trset.labels) == [1, 2, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4]


def test_the_held_out_digits_are_balanced_and_never_change():
    teset = load_test_set("digits")

    assert len(teset) == 360
    assert teset.y.sum(axis=0).tolist() == [36] * 10
    assert decode(teset.y[:12], teset.labels) == [0, 3, 4, 8, 9, 9, 0, 5, 0, 4, 6, 1]


def test_no_digit_is_in_both_parts():
    trset, teset = load_training_set(nvalid=0), load_test_set()

    rows = {row.tobytes() for row in trset.x} | {row.tobytes() for row in teset.x}

    assert len(rows) == len(trset) + len(teset) == 1797


def test_digits_can_be_images():
    trset = load_training_set("digits", flat=False)

    assert trset.sample_shape == load_test_set(flat=False).sample_shape == (1, 8, 8)
    assert trset.header.field_size == (8, 8)
    assert np.array_equal(trset.x.reshape(-1, 64), load_training_set().x)


def test_digits_can_be_bytes():
    trset = load_training_set("digits", dtype="uint8")

    assert (trset.x.dtype, trset.x.max(), trset.data.scale) == (np.uint8, 16, 1 / 16)
    assert np.array_equal(trset.data.scaled(), load_training_set().x)


def test_options_override_the_table():
    trset = load_training_set("digits", nvalid=37, shuffle="epoch", online=True, seed=5, dtype="float64")

    assert (len(trset), trset.batch, trset.shuffle, trset.seed) == (1400, 1, "epoch", 5)
    assert trset.x.dtype == trset.y.dtype == np.float64


@pytest.mark.parametrize("load", [load_training_set, load_test_set])
def test_an_unknown_name_is_met_with_the_nearest_ones(load):
    with pytest.raises(UnknownNameError, match=r"unknown data set 'minst'; did you mean 'mnist'"):
        load("minst")
    with pytest.raises(UnknownNameError, match="data set 3"):
        load(3)


@pytest.mark.parametrize("options", [{"dtype": "float16"}, {"flat": "no"}])
def test_bad_options_are_named(options):
    with pytest.raises(OptionError, match=next(iter(options))):
        load_test_set(**options)


def test_without_scikit_learn_the_error_names_the_installation(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'synapse-rx\[data\]'"):
        load_training_set("digits")
