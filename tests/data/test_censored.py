"""Targets that are missing."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.data import DataSet, test_set, training_set
from synapse_rx.errors import LabelError, OptionError
from synapse_rx.losses import Censored
from tests.nets import trained

NAN = float("nan")
X = [[0.0], [1.0], [2.0]]
Y = [[1.0, NAN], [NAN, NAN], [3.0, 4.0]]


def test_a_censored_set_keeps_what_is_missing():
    trset = training_set(X, Y, censored=True, shuffle=False, nvalid=1)

    assert trset.valid is not None
    assert np.array_equal(trset.y, Y[:2], equal_nan=True)
    assert trset.data.censored and trset.valid.censored


def test_censored_sets_are_values():
    data = DataSet(X, Y, censored=True)

    assert data == DataSet(X, Y, censored=True)
    assert data != DataSet(X, np.nan_to_num(Y), censored=True)
    assert DataSet(X, X) != DataSet(X, X, censored=True)
    assert pickle.loads(pickle.dumps(data)) == data
    assert data[::2].censored


def test_a_test_set_can_be_censored():
    assert test_set(X, Y, censored=True).censored


def test_validation_samples_may_miss_targets_too():
    assert training_set(X, Y, censored=True, valid=(X, Y)).valid == DataSet(X, Y, censored=True)


@pytest.mark.parametrize(
    ("labels", "options", "error", "said"),
    [
        (Y, {}, LabelError, "not nan at row 0, column 1; censored=True lets targets be missing"),
        ([[1, np.inf], [NAN, 1], [0, 0]], {"censored": True}, LabelError, "not inf at row 0, column 1"),
        ([1.0, NAN, 2.0], {"censored": True}, LabelError, "labels[:, None]"),
        (["a", "b", "a"], {"censored": True}, LabelError, "values (N, outputs)"),
        ([[1], [0], [1]], {"censored": True}, LabelError, "of floats"),
        (np.eye(3), {"censored": True, "targets": "classes"}, LabelError, "values (N, outputs)"),
        (Y, {"censored": "yes"}, OptionError, "censored= is True or False, not 'yes'"),
    ],
)
def test_the_error_says_what_cannot_be_censored(labels, options, error, said):
    with pytest.raises(error, match=re.escape(said)):
        training_set(X, labels, **options)


def test_classes_are_complete():
    with pytest.raises(LabelError, match="classes cannot be censored"):
        DataSet(X, np.eye(3), ("a", "b", "c"), censored=True)


def test_only_a_censored_loss_learns_from_them():
    trset = training_set(X, Y, censored=True)

    with pytest.raises(LabelError, match=r"Censored\(loss\)"):
        sx.train(sx.mlp([1, 2], "linear", sx.training(loss="squared_error")), trset, 1)


def test_other_losses_recorded_leave_out_what_is_missing_too():
    how = sx.training(loss=Censored("squared_error"), stats=["mean_absolute_error", Censored("huber")])
    data = training_set(X, Y, censored=True, nvalid=1)

    stats = trained(sx.mlp([1, 2], "linear", how).value, data).training.stats

    assert np.isfinite(
        [history[-1] for history in (*stats.training.values(), *stats.validation.values())]
    ).all()
    assert "mean_absolute_error" in stats.training


def test_what_is_missing_teaches_nothing():
    how = sx.training("backprop", loss=Censored("squared_error"), learning_rate=0.1, momentum=0)
    net = sx.mlp([1, 2], "linear", how).value

    whole = trained(net, training_set([[1.0]], [[NAN, 5.0]], censored=True))

    assert whole.params["0.W"][0, 0] == net.params["0.W"][0, 0]
    assert whole.params["0.W"][0, 1] != net.params["0.W"][0, 1]
    assert np.isfinite(whole.training.stats.loss[-1])
