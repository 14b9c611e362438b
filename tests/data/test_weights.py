"""Sample weights and class weights, as part of the data."""

from __future__ import annotations

import pickle
import re

import attrs
import numpy as np
import pytest

from synapse_rx.data import DataSet, test_set, training_set
from synapse_rx.errors import DataError, LabelError, OptionError

X = np.arange(6.0)[:, None]
LABELS = ["a", "a", "a", "b", "b", "c"]


def test_a_set_has_no_weights_unless_given_some():
    assert training_set(X, LABELS).data.weights is None


def test_weights_go_with_their_samples_through_shuffling_and_splitting():
    trset = training_set(X, LABELS, weights=np.arange(6), nvalid=2)

    assert trset.valid is not None
    for part in (trset.data, trset.valid):
        assert part.weights.dtype == np.float32
        assert np.array_equal(part.weights, part.x[:, 0])
    assert np.array_equal(trset.data[1:].weights, trset.x[1:, 0])


def test_weights_are_as_precise_as_the_samples():
    assert training_set(X, LABELS, weights=[1 / 3] * 6, dtype="float64").data.weights.dtype == np.float64


def test_weights_are_part_of_the_value():
    data = DataSet(X, weights=[1, 2, 3, 4, 5, 6])

    assert data == DataSet(X, weights=[1, 2, 3, 4, 5, 6]) != DataSet(X)
    assert data != DataSet(X, weights=[1, 2, 3, 4, 5, 7])
    assert pickle.loads(pickle.dumps(data)) == data
    assert hash(data) == hash(DataSet(X, weights=[1, 2, 3, 4, 5, 6]))


def test_weights_cannot_be_written_to():
    own = np.ones(6, np.float32)
    data = DataSet(X, weights=own)

    own[:] = 7

    assert (data.weights == 1).all()
    with pytest.raises(ValueError, match="WRITEABLE"):
        data.weights.setflags(write=True)


def test_a_test_set_can_be_weighted():
    assert test_set(X, LABELS, weights=range(6)).weights.tolist() == [0, 1, 2, 3, 4, 5]


def test_class_weights_are_named_by_label():
    trset = training_set(X, LABELS, class_weights={"a": 0.5, "c": 4}, shuffle=False)

    assert trset.data.weights.tolist() == [0.5, 0.5, 0.5, 1, 1, 4]


def test_balanced_class_weights_let_every_class_count_the_same():
    weights = training_set(X, LABELS, class_weights="balanced", shuffle=False).data.weights

    np.testing.assert_allclose(weights, [2 / 3] * 3 + [1, 1, 2], rtol=1e-6)


@pytest.mark.peer("sklearn")
def test_balanced_class_weights_are_those_of_scikit_learn():
    from sklearn.utils.class_weight import compute_sample_weight

    weights = training_set(X, LABELS, class_weights="balanced", shuffle=False).data.weights

    np.testing.assert_allclose(weights, compute_sample_weight("balanced", LABELS), rtol=1e-6)


def test_class_weights_multiply_sample_weights_and_leave_validation_alone():
    trset = training_set(X, LABELS, weights=[2] * 6, class_weights={"a": 3}, nvalid=3, shuffle=False)

    assert trset.valid is not None
    assert trset.data.weights.tolist() == [6, 6, 6]
    assert trset.valid.weights.tolist() == [2, 2, 2]


BAD = [
    ({"weights": [1, 2]}, DataError, "6 samples have 2 weights"),
    ({"weights": np.ones((6, 1))}, DataError, "an array (6, 1)"),
    ({"weights": ["x"] * 6}, DataError, "one number for each sample"),
    ({"weights": [1, 1, -2, 1, 1, 1]}, DataError, "that of sample 2 is -2"),
    ({"weights": [1, 1, 1, np.nan, 1, 1]}, DataError, "that of sample 3 is nan"),
    ({"weights": [0] * 6}, DataError, "nothing to learn"),
    ({"class_weights": {"z": 2}}, LabelError, "'z', which is none of the labels"),
    ({"class_weights": {"a": -1}}, OptionError, "gives 'a' the weight -1"),
    ({"class_weights": {"a": None}}, OptionError, "gives 'a' the weight None"),
    ({"class_weights": "equal"}, OptionError, "not 'equal'"),
    ({"class_weights": [1, 2, 3]}, OptionError, "mapping from labels"),
    ({"class_weights": {"a": 0, "b": 0, "c": 0}}, DataError, "nothing to learn"),
]


@pytest.mark.parametrize(("options", "error", "said"), BAD, ids=[said for _, _, said in BAD])
def test_the_error_says_what_is_wrong_with_the_weights(options, error, said):
    with pytest.raises(error, match=re.escape(said)):
        training_set(X, LABELS, **options)


def test_values_have_no_class_weights():
    with pytest.raises(LabelError, match="belongs to classes"):
        training_set(X, X[:, 0], class_weights="balanced")


def test_a_set_with_weights_cannot_be_changed():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        DataSet(X, weights=[1] * 6).weights = None
