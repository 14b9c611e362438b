"""Normalisation is found on the training samples, kept as a value, and done once."""

from __future__ import annotations

import json
import pickle
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synapse_rx.data.fit as fit
from synapse_rx.data import DataSet, Normalization, fit_normalization, test_set, training_set
from synapse_rx.described import from_data, to_data
from synapse_rx.errors import DataError, OptionError, ShapeError, UnknownNameError

RNG = np.random.default_rng(4)
X = RNG.standard_normal((200, 3)) @ RNG.standard_normal((3, 3)) * [1, 50, 0.01] + [5, -3, 1000]
Y = RNG.standard_normal((200, 1))
KINDS = ["standardize", "min_max", "whiten"]


def normal(kind: str = "standardize", n: int = 200) -> Normalization:
    return fit_normalization(DataSet(X[:n]), kind)


def test_standardised_columns_have_mean_0_and_deviation_1():
    x = training_set(X, Y, normalize="standardize", dtype="float64").x

    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(x.std(axis=0), 1, rtol=1e-9)


def test_min_max_goes_from_0_to_1():
    x = training_set(X, Y, normalize="min_max", dtype="float64").x

    np.testing.assert_allclose(x.min(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(x.max(axis=0), 1, rtol=1e-12)


def test_whitened_columns_are_not_correlated():
    x = training_set(X, Y, normalize="whiten", dtype="float64").x

    np.testing.assert_allclose(np.cov(x.T, bias=True), np.eye(3), atol=1e-8)


@pytest.mark.peer("sklearn")
@pytest.mark.parametrize("kind", ["standardize", "min_max"])
def test_columns_are_normalised_as_scikit_learn_does(kind):
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    peer = {"standardize": StandardScaler, "min_max": MinMaxScaler}[kind]()

    np.testing.assert_allclose(normal(kind).apply(X), peer.fit_transform(X), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_training_samples_decide(kind):
    trset = training_set(X, Y, normalize=kind, nvalid=50, shuffle=False, dtype="float64")

    assert trset.valid is not None
    assert trset.data.normalization == trset.valid.normalization == normal(kind, 150)
    np.testing.assert_array_equal(trset.valid.x, normal(kind, 150).apply(X[150:]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [0.1, 0.0, -1e6, 1e30])
def test_a_column_that_does_not_vary_becomes_0(kind, value):
    x = np.column_stack([X[:, 0], np.full(200, value, np.float32)])

    got = training_set(x, Y, normalize=kind).x

    assert np.isfinite(got).all()
    np.testing.assert_allclose(got[:, 1], 0, atol=1e-5)
    assert got[:, 0].std() > 0.1


def test_whitening_does_not_mind_the_units():
    x = training_set(X * [1e-6, 1, 1e6], Y, normalize="whiten", dtype="float64").x

    np.testing.assert_allclose(np.cov(x.T, bias=True), np.eye(3), atol=1e-6)


def test_whitening_drops_what_other_columns_say():
    x = training_set(X[:, [0, 1, 1]], Y, normalize="whiten", dtype="float64").x

    np.testing.assert_allclose(np.cov(x.T, bias=True), [[1, 0, 0], [0, 0.5, 0.5], [0, 0.5, 0.5]], atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_single_sample_is_safe(kind):
    assert training_set([[3.0, 4.0]], [[1.0]], normalize=kind).x.tolist() == [[0, 0]]


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_found_piece_by_piece(kind, monkeypatch):
    whole = normal(kind)
    monkeypatch.setattr(fit, "PIECE", 7)

    pieces = normal(kind)

    np.testing.assert_allclose(pieces.shift, whole.shift, rtol=1e-12)
    np.testing.assert_allclose(pieces.apply(X), whole.apply(X), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_8_bit_samples_stay_8_bit(kind):
    pixels = RNG.integers(0, 256, (40, 1, 2, 2), dtype=np.uint8)
    small = training_set(pixels, [0, 1] * 20, dtype="uint8", scale=1 / 255, normalize=kind, shuffle=False)
    large = training_set(pixels / 255, [0, 1] * 20, normalize=kind, shuffle=False)

    assert small.x.dtype == np.uint8
    assert small.data.pending == small.data.normalization
    np.testing.assert_allclose(small.data.scaled(), large.x, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "again",
    [
        lambda one: pickle.loads(pickle.dumps(one)),
        lambda one: from_data(Normalization, json.loads(json.dumps(to_data(one)))),
    ],
    ids=["pickle", "plain data"],
)
def test_a_normalisation_is_a_value(kind, again):
    one = normal(kind)

    twin = again(one)

    assert twin == one == normal(kind)
    assert hash(twin) == hash(one)
    assert one != normal(kind, 20)
    assert one != "standardize"
    with pytest.raises(ValueError, match="WRITEABLE"):
        twin.shift.setflags(write=True)


def test_kinds_differ():
    assert len({normal(kind) for kind in KINDS}) == 3


def test_samples_are_not_normalised_twice():
    data = DataSet(X).normalized(normal())

    assert data.normalized(normal()) is data
    assert data.normalized(None) is data
    with pytest.raises(DataError, match="already, by another"):
        data.normalized(normal("min_max"))


def test_normalised_and_raw_samples_are_different_values():
    data = DataSet(X).normalized(normal())

    assert data != DataSet(data.x)
    assert pickle.loads(pickle.dumps(data)) == data
    assert data[:5].normalization == normal()
    assert "float64, standardize," in repr(data)


def test_a_normalisation_can_be_given():
    given_one = normal("min_max", 20)

    assert training_set(X, Y, normalize=given_one).data.normalization is given_one


def test_validation_sets_of_ones_own_are_normalised_alike():
    trset = training_set(X, Y, normalize="standardize", valid=(X[:5], Y[:5]))
    raw = test_set(X[:5], Y[:5])

    assert trset.valid == training_set(X, Y, normalize="standardize", valid=raw).valid
    assert trset.valid == raw.normalized(trset.data.normalization)


def test_a_validation_set_normalised_in_another_way_is_refused():
    valid = test_set(X[:5], Y[:5])

    with pytest.raises(DataError, match="already, by another"):
        training_set(X, Y, normalize="min_max", valid=valid.normalized(normal()))
    with pytest.raises(DataError, match="normalised like training samples"):
        training_set(X, Y, valid=valid.normalized(normal()))


@given(st.floats(0.1, 10), st.integers(0, 20))
def test_standardising_forgets_the_unit(scale, seed):
    x = np.random.default_rng(seed).standard_normal((30, 2))
    one, other = DataSet(x), DataSet(x, scale=scale)

    np.testing.assert_allclose(
        one.normalized(fit_normalization(one, "standardize")).x,
        other.normalized(fit_normalization(other, "standardize")).x,
        rtol=1e-6,
        atol=1e-9,
    )


BAD = [
    (lambda: training_set(X, Y, normalize="standardise"), UnknownNameError, "did you mean 'standardize'?"),
    (lambda: training_set(X, Y, normalize=3), UnknownNameError, "unknown normalization 3"),
    (lambda: training_set(X[:, :2], Y, normalize=normal()), ShapeError, "does not fit samples of shape (2,)"),
    (lambda: fit_normalization(DataSet(X).normalized(normal()), "whiten"), OptionError, "already"),
    (lambda: fit_normalization(DataSet(np.ones((2, 5000))), "whiten"), OptionError, "at most 4096 features"),
    (lambda: Normalization("standardize", [1.0]), OptionError, "takes shift= and scale="),
    (lambda: Normalization("whiten", [1.0], [1.0]), OptionError, "takes shift= and matrix="),
    (lambda: Normalization("standardize", [1.0], [1.0, 2.0]), OptionError, "same number of features"),
    (lambda: Normalization("standardize", [np.nan], [1.0]), OptionError, "shift= takes finite numbers"),
    (lambda: Normalization("standardize", "abc", [1.0]), OptionError, "shift= takes finite numbers"),
    (lambda: Normalization("standardize", None, [1.0]), OptionError, "shift= takes finite numbers in 1"),
    (lambda: Normalization.of("min_max"), OptionError, "not a str"),
    (lambda: Normalization.of({"kind": "min_max", "mean": []}), OptionError, "plain data"),
    (lambda: DataSet(X, normalization="whiten"), OptionError, "not a str"),
    (lambda: DataSet(X[:, :2], normalization=normal()), ShapeError, "does not fit"),
]


@pytest.mark.parametrize(("made", "error", "said"), BAD, ids=[said for _, _, said in BAD])
def test_the_error_says_what_is_wrong(made, error, said):
    with pytest.raises(error, match=re.escape(said)):
        made()


class TestWeights:
    """A sample that weighs 2 counts as two."""

    W = np.arange(200) % 3

    def weighted(self, kind: str) -> Normalization:
        return fit_normalization(DataSet(X, weights=self.W), kind)

    @pytest.mark.parametrize("kind", KINDS)
    def test_count_like_copies(self, kind, monkeypatch):
        copies = fit_normalization(DataSet(np.repeat(X, self.W, axis=0)), kind)
        monkeypatch.setattr(fit, "PIECE", 60)

        weighted = self.weighted(kind)

        np.testing.assert_allclose(weighted.shift, copies.shift, rtol=1e-9)
        np.testing.assert_allclose(weighted.apply(X), copies.apply(X), rtol=1e-6, atol=1e-8)

    @pytest.mark.parametrize("kind", KINDS)
    def test_of_one_change_nothing(self, kind):
        assert fit_normalization(DataSet(X, weights=np.ones(200)), kind) == normal(kind)

    def test_of_zero_leave_out_whatever_the_sample_is(self):
        x = np.vstack([X, [[1e9, -1e9, 1e9]]])

        kept = fit_normalization(DataSet(x, weights=np.append(np.ones(200), 0)), "min_max")

        assert kept == normal("min_max")

    def test_hold_in_a_training_set_with_balanced_classes(self):
        data = training_set(
            [[0.0], [0.0], [0.0], [4.0]], [0, 0, 0, 1], class_weights="balanced", shuffle=False
        )

        assert fit_normalization(data.data, "standardize").shift == pytest.approx([2.0])

    def test_that_are_all_zero_are_refused(self):
        with pytest.raises(DataError, match="every training sample has the weight 0"):
            fit_normalization(DataSet(X, weights=np.zeros(200)), "standardize")
