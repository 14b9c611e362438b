"""The best snapshot that was published."""

from __future__ import annotations

import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError
from tests.nets import blobs, small_net
from tests.subscribers.snapshots import begin, fresh, publish, with_stats


def push(net: sx.Atom[sx.Net], *errors: float) -> None:
    for error in errors:
        net.swap(with_stats, training={"loss": error}, validation={})


def test_the_best_snapshot_is_kept() -> None:
    net = fresh()
    best = sx.BestSoFar("loss").attach(net)
    push(net, 0.5, 0.2, 0.3, 0.2)

    assert (best.epoch(), best.value()) == (2, 0.2)
    assert best.best().training.stats.epochs == 2


def test_of_a_real_training_it_is_the_epoch_with_the_smallest_error() -> None:
    net = sx.atom(small_net("adam"))
    best = sx.BestSoFar("validation:cross_entropy").attach(net)

    stats = sx.deref(sx.train(net, blobs(43, nvalid=15), 60)).training.stats

    errors = list(stats.validation["cross_entropy"])
    assert best.value() == min(errors)
    assert best.epoch() == errors.index(min(errors)) + 1


def test_larger_may_be_better_and_little_may_not_count() -> None:
    net = fresh()
    best = sx.BestSoFar("loss", 0.1, mode="max").attach(net)
    push(net, 0.5, 0.55, 0.7, 0.75)

    assert best.epoch() == 3


def test_each_network_has_its_own_best() -> None:
    nets = [fresh(), fresh()]
    best = sx.BestSoFar("loss").attach(nets)
    push(nets[0], 0.5, 0.4)
    push(nets[1], 0.1, 0.4)

    assert [best.epoch(net) for net in nets] == [2, 1]


def test_it_begins_with_what_there_is() -> None:
    net = fresh()
    push(net, 0.5)
    best = sx.BestSoFar("loss").attach(net)
    push(net, 0.6)

    assert best.epoch() == 1


def test_it_is_kept_over_several_trainings() -> None:
    net = fresh()
    best = sx.BestSoFar().attach(net)
    begin(net)
    publish(net, 3, "done")
    begin(net)
    push(net, 9.0)

    assert best.epoch() == 3


def test_before_the_first_epoch_there_is_no_best() -> None:
    best = sx.BestSoFar().attach(fresh())

    with pytest.raises(OptionError, match="no best snapshot of net 1: no epoch was complete yet"):
        best.best()


def test_it_knows_only_what_it_is_attached_to() -> None:
    best = sx.BestSoFar().attach(fresh())

    with pytest.raises(OptionError, match="not attached to Atom; attach it first"):
        best.best(fresh())
