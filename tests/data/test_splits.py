"""Splits and folds: nothing lost, nothing twice, every class in its share."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.data import DataSet, TrainingSet, k_fold, split, test_set, training_set
from synapse_rx.errors import DataError, LabelError, OptionError, UnknownNameError


def numbered(n: int = 20, classes: int = 2) -> DataSet:
    """Samples that hold their own row number, labels of which the first is the rarest."""
    labels = np.sort((np.arange(n) * 7919) % (classes * (classes + 1) // 2))
    columns = np.searchsorted(np.cumsum(np.arange(1, classes + 1)), labels, side="right")
    return test_set(np.arange(n)[:, None], columns, known_labels=range(classes))


def rows(data: DataSet) -> list[int]:
    return data.x[:, 0].astype(int).tolist()


def counts(data: DataSet) -> np.ndarray:
    assert data.y is not None
    return data.y.sum(axis=0)


@given(st.integers(2, 40), st.data(), st.booleans(), st.integers(0, 99))
def test_a_split_parts_the_samples(n, draw, stratified, seed):
    count = draw.draw(st.integers(1, n - 1))

    rest, part = split(numbered(n), count, stratified=stratified, seed=seed)

    assert len(part) == count
    assert sorted(rows(rest) + rows(part)) == list(range(n))
    assert rows(rest) == sorted(rows(rest))


@given(st.integers(3, 60), st.integers(1, 5), st.data(), st.integers(0, 99))
def test_a_stratified_split_keeps_the_shares(n, classes, draw, seed):
    data = numbered(n, classes)
    count = draw.draw(st.integers(1, n - 1))

    _, part = split(data, count, seed=seed)

    assert (abs(counts(part) - counts(data) * count / n) <= 1).all()


@given(st.integers(2, 40), st.data(), st.booleans(), st.integers(0, 99))
def test_every_sample_is_tested_with_once(n, draw, stratified, seed):
    k = draw.draw(st.integers(2, n))

    folds = list(k_fold(numbered(n), k, stratified=stratified, seed=seed))

    assert len(folds) == k
    assert sorted(row for _, part in folds for row in rows(part)) == list(range(n))
    for trset, part in folds:
        assert sorted(rows(trset.data) + rows(part)) == list(range(n))
        assert n // k <= len(part) <= -(-n // k)


@given(st.integers(4, 60), st.integers(1, 5), st.integers(2, 4), st.integers(0, 99))
def test_stratified_folds_keep_the_shares(n, classes, k, seed):
    data = numbered(n, classes)

    for _, part in k_fold(data, k, seed=seed):
        assert (abs(counts(part) - counts(data) / k) <= 1).all()


def test_one_seed_gives_one_split():
    one, other, third = (split(numbered(50), 0.3, seed=seed) for seed in (1, 1, 2))

    assert one == other != third
    assert list(k_fold(numbered(), 3, seed=1)) == list(k_fold(numbered(), 3, seed=1))


def test_a_share_is_rounded():
    assert len(split(numbered(10), 0.25)[1]) == 2
    assert len(split(numbered(10), 0.01)[1]) == 1


def test_values_are_parted_by_chance():
    data = test_set(np.arange(10)[:, None], np.arange(10.0))

    assert len(split(data, 0.5)[1]) == 5
    assert len(list(k_fold(data, 3))) == 3


def test_a_split_of_a_training_set_is_one_of_its_training_part():
    trset = training_set(np.arange(10)[:, None], np.arange(10) % 2, nvalid=2)

    assert split(trset, 2) == split(trset.data, 2)


def test_folds_of_a_training_set_are_made_like_it():
    trset = training_set(
        np.arange(20)[:, None],
        np.arange(20) % 2,
        name="tens",
        batch=4,
        shuffle="epoch",
        seed=7,
        nvalid=4,
        weights=np.arange(20),
    )

    fold, part = next(k_fold(trset, 4))

    assert (fold.batch, fold.shuffle, fold.seed, fold.valid) == (4, "epoch", 7, trset.valid)
    assert (fold.header.name, len(fold.header.batches)) == ("tens", fold.n_batches)
    assert np.array_equal(part.weights, part.x[:, 0])
    assert [row for row in rows(trset.data) if row not in rows(part)] == rows(fold.data)


def test_folds_of_a_data_set_are_shuffled_unless_told_otherwise():
    shuffled, kept = (next(k_fold(numbered(), 2, shuffle=way))[0] for way in ("once", False))

    assert rows(shuffled.data) != sorted(rows(shuffled.data))
    assert rows(kept.data) == sorted(rows(shuffled.data))
    assert isinstance(kept, TrainingSet) and kept.batch == 10


def test_every_fold_has_a_normalisation_of_its_own():
    folds = list(k_fold(numbered(), 4, normalize="standardize"))

    for fold, part in folds:
        np.testing.assert_allclose(fold.x.mean(), 0, atol=1e-6)
        assert part.normalization is None
    assert len({fold.data.normalization for fold, _ in folds}) > 1


BAD = [
    (lambda: split([[1]], 1), DataError, "a DataSet or a TrainingSet is wanted, not a list"),
    (lambda: split(numbered(), 20), OptionError, "20 of 20 samples leaves no rest"),
    (lambda: split(numbered(), 0), OptionError, "at least 1, not 0"),
    (lambda: split(numbered(), 1.5), OptionError, "between 0 and 1, not 1.5"),
    (lambda: split(numbered(), float("nan")), OptionError, "between 0 and 1, not nan"),
    (lambda: split(numbered(1), 0.5), OptionError, "leaves no rest"),
    (lambda: split(numbered(), "half"), OptionError, "not 'half'"),
    (lambda: split(numbered(), 2, stratified="yes"), OptionError, "stratified="),
    (lambda: split(numbered(), 2, seed=-1), OptionError, "seed="),
    (lambda: split(test_set([[1], [2]], [0.1, 0.2]), 1, stratified=True), LabelError, "wants classes"),
    (lambda: k_fold(numbered(), 1), OptionError, "k= takes a whole number of at least 2"),
    (lambda: k_fold(numbered(), 21), OptionError, "as many samples at least, not 20"),
    (lambda: k_fold(numbered(), 2, batch=0), OptionError, "batch="),
    (lambda: k_fold(numbered(), 2, shuffle="twice"), UnknownNameError, "shuffle"),
    (lambda: next(k_fold(numbered(), 2, normalize="l2")), UnknownNameError, "normalization 'l2'"),
]


@pytest.mark.parametrize(("made", "error", "said"), BAD, ids=[said for _, _, said in BAD])
def test_the_error_says_what_is_wrong(made, error, said):
    with pytest.raises(error, match=re.escape(said)):
        made()
