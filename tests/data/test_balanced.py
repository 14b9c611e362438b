"""Epochs in which every class comes equally often."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.data import TrainingSet, training_set
from synapse_rx.errors import OptionError
from tests.nets import blobs, small_net, trained


def uneven(sizes: list[int], **options) -> TrainingSet:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    options = {"shuffle": "balanced", "targets": "classes"} | options
    return training_set(np.arange(len(labels))[:, None], labels, **options)


@given(st.lists(st.integers(1, 30), min_size=2, max_size=5), st.integers(0, 99), st.integers(0, 9))
def test_every_class_comes_equally_often(sizes, seed, epoch):
    trset = uneven(sizes, seed=seed)

    order = trset.order(epoch)
    classes = trset.y.argmax(axis=1)[order]

    assert order.shape == (sum(sizes),)
    assert order.dtype == np.int64
    counts = np.bincount(classes, minlength=len(sizes))
    assert counts.max() - counts.min() <= 1
    whole = classes[: len(classes) // len(sizes) * len(sizes)].reshape(-1, len(sizes))
    assert (np.sort(whole, axis=1) == np.arange(len(sizes))).all()


@given(st.lists(st.integers(1, 30), min_size=2, max_size=4), st.integers(0, 99))
def test_no_sample_comes_again_before_all_of_its_class_did(sizes, seed):
    trset = uneven(sizes, seed=seed)
    order, classes = trset.order(0), trset.y.argmax(axis=1)

    for number in range(len(sizes)):
        of_class = order[classes[order] == number]
        times = np.bincount(of_class, minlength=len(classes))[classes == number]
        assert times.max() - times.min() <= 1


def test_orders_follow_from_seed_and_epoch():
    one, other = uneven([5, 40], seed=1), uneven([5, 40], seed=2)

    assert np.array_equal(one.order(3), uneven([5, 40], seed=1).order(3))
    assert not np.array_equal(one.order(3), one.order(4))
    assert not np.array_equal(one.order(3), other.order(3))


def test_a_class_that_is_only_validated_is_not_drawn():
    trset = uneven([3, 3, 1], shuffle=False, nvalid=1)
    balanced = TrainingSet(trset.data, batch=2, shuffle="balanced")

    assert sorted(set(balanced.y.argmax(axis=1)[balanced.order(0)].tolist())) == [0, 1]


def test_values_cannot_be_balanced():
    with pytest.raises(OptionError, match="these targets are values"):
        training_set([[1], [2]], [0.5, 1.5], shuffle="balanced")


def test_a_network_learns_from_balanced_epochs():
    data = blobs(shuffle="balanced")

    net = trained(small_net(), data, 3)

    assert net.training.stats.epochs == 3
    assert np.isfinite(net.training.stats.loss).all()


def test_an_algorithm_that_wants_the_same_samples_refuses():
    with pytest.raises(OptionError, match="class_weights='balanced'"):
        sx.train(sx.atom(small_net("lbfgs")), blobs(shuffle="balanced"), 1)
