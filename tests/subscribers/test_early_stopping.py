"""Stopping a training that gets no better: exactly, on every path, and back to the best parameters."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.errors import OptionError, UnknownNameError
from synapse_rx.snapshot import Net
from tests.nets import blobs, small_net, trained, without_times
from tests.subscribers.snapshots import begin, fresh, publish, with_stats

MONITOR = "validation:cross_entropy"


def overfitting(seed: int = 0) -> sx.Atom[Net]:
    """
    Return a network that gets worse on the validation set of `data` after some epochs.
    """
    return sx.atom(small_net("adam", seed=seed, learning_rate=0.1))


def data() -> sx.TrainingSet:
    return blobs(43, nvalid=15)


def by_hand(net: Net, patience: int, epochs: int, min_delta: float = 0.0) -> tuple[list[Net], int, int]:
    """
    Return all snapshots of a training that nobody stops, the best epoch, and the one that is one too many.
    """
    snapshots = [net]
    for _ in range(epochs):
        snapshots.append(trained(snapshots[-1], data()))
    errors = list(snapshots[-1].training.stats.validation["cross_entropy"])
    best = 0
    for epoch, error in enumerate(errors):
        if error < errors[best] - min_delta or epoch == 0:
            best = epoch
        elif epoch - best >= patience:
            return snapshots, best + 1, epoch + 1
    raise AssertionError("this network goes on getting better: no test of stopping")


def push(net: sx.Atom[Net], *errors: float, status: str = "training") -> None:
    """
    Publish an epoch for each error.
    """
    for error in errors:
        net.swap(
            lambda old, error=error: evolve(
                grown := with_stats(old, training={"loss": error}, validation={}),
                params=grown.params.with_flat(np.full_like(grown.params.flat, error)),
                training=evolve(grown.training, status=status),
            )
        )


@pytest.mark.parametrize("seed", range(3))
def test_it_stops_with_the_very_epoch_and_goes_back_to_the_best_parameters(seed: int) -> None:
    snapshots, best, last = by_hand(overfitting(seed).value, 3, 100)
    net = overfitting(seed)
    stopping = sx.EarlyStopping(MONITOR, patience=3).attach(net)

    snapshot = sx.deref(sx.train(net, data(), 100))

    assert snapshot.training.status == "stopped"
    assert snapshot.training.stats.epochs == stopping.stopped(net) == last
    assert snapshot.params == snapshots[best].params
    assert snapshot.params != snapshots[last].params
    assert snapshot.training.state == snapshots[best].training.state
    assert list(snapshot.training.stats.loss) == list(snapshots[last].training.stats.loss)
    assert without_times(stopping.best(net)).params == snapshots[best].params


def test_the_last_parameters_are_kept_where_that_is_wanted() -> None:
    snapshots, _, last = by_hand(overfitting().value, 3, 100)
    net = overfitting()
    sx.EarlyStopping(MONITOR, 3, restore_best=False).attach(net)

    snapshot = sx.deref(sx.train(net, data(), 100))

    assert snapshot.training.stats.epochs == last
    assert snapshot.params == snapshots[last].params


def test_it_stops_at_the_same_epoch_however_busy_the_cell_is() -> None:
    _, best, last = by_hand(overfitting().value, 3, 100)
    for _ in range(5):
        net = overfitting()
        stopping = sx.EarlyStopping(MONITOR, 3).attach(net)
        over = threading.Event()

        def disturb(net: sx.Atom[Net] = net, over: threading.Event = over) -> None:
            while not over.is_set():
                net.swap(lambda old: evolve(old, labels=old.labels))

        thread = threading.Thread(target=disturb)
        thread.start()
        try:
            snapshot = sx.deref(sx.train(net, data(), 100), timeout=100)
        finally:
            over.set()
            thread.join()

        assert snapshot.training.stats.epochs == stopping.stopped(net) == last
        assert snapshot.params == stopping.best(net).params
        assert stopping.best(net).training.stats.epochs == best


def test_improvement_has_to_be_larger_than_min_delta() -> None:
    net = fresh()
    stopping = sx.EarlyStopping("loss", 2, min_delta=0.1).attach(net)
    begin(net)

    push(net, 1.0, 0.95, 0.85, 0.8)
    assert stopping.stopped() is None
    push(net, 0.76)

    assert stopping.stopped() == 5
    assert stopping.best().training.stats.loss[-1] == 0.85


def test_larger_may_be_better() -> None:
    net = fresh()
    stopping = sx.EarlyStopping("loss", 2, mode="max").attach(net)
    begin(net)
    push(net, 0.5, 0.7, 0.6, 0.65)

    assert stopping.stopped() == 4
    assert np.all(net.value.params.flat == np.float32(0.7))


def test_an_epoch_that_was_not_measured_is_no_better() -> None:
    nan = float("nan")
    net = fresh()
    stopping = sx.EarlyStopping("loss", 2).attach(net)
    begin(net)
    push(net, nan, 0.5, nan)
    assert stopping.stopped() is None
    push(net, nan)

    assert stopping.stopped() == 4
    assert stopping.best().training.stats.epochs == 2


def test_a_training_that_is_done_first_goes_back_too() -> None:
    net = overfitting()
    _, best, last = by_hand(net.value, 3, 100)
    stopping = sx.EarlyStopping(MONITOR, 3).attach(net)

    snapshot = sx.deref(sx.train(net, data(), last - 1))

    assert snapshot.training.status == "done"
    assert stopping.stopped() is None
    assert stopping.best().training.stats.epochs == best
    assert snapshot.params == stopping.best().params
    assert snapshot.training.stats.epochs == last - 1


@pytest.mark.parametrize("status", ["stopped", "cancelled", "failed"])
def test_a_training_that_somebody_else_ends_keeps_what_it_has(status: str) -> None:
    net = fresh()
    sx.EarlyStopping("loss", 5).attach(net)
    begin(net)
    push(net, 0.5, 0.6)
    push(net, 0.7, status=status)

    assert np.all(net.value.params.flat == np.float32(0.7))


def test_what_it_did_is_an_event() -> None:
    net = fresh()
    sx.EarlyStopping("loss", 2).attach(net)
    begin(net)
    push(net, 0.5, 0.6, 0.7)

    (event,) = net.value.training.stats.events
    assert (event.epoch, event.what) == (3, "early_stopping")
    assert event.detail == "loss is best in epoch 1: 0.5; its parameters are restored"
    assert net.value.training.status == "stopping"


def test_the_next_training_starts_afresh() -> None:
    net = overfitting()
    stopping = sx.EarlyStopping(MONITOR, 3).attach(net)
    first = sx.deref(sx.train(net, data(), 100)).training.stats.epochs

    second = sx.deref(sx.train(net, data(), 100)).training.stats.epochs

    assert second >= first + 4  # one that is the best for a start, and patience
    assert stopping.stopped() == second


def test_each_network_is_judged_by_itself() -> None:
    nets = [fresh(), fresh()]
    stopping = sx.EarlyStopping("loss", 2).attach(nets)
    for net in nets:
        begin(net)
    push(nets[0], 0.5, 0.6, 0.7)
    push(nets[1], 0.5, 0.6, 0.4, 0.5)

    assert stopping.stopped(nets[0]) == 3
    assert stopping.stopped(nets[1]) is None
    with pytest.raises(OptionError, match="listens to 2 networks: say which one"):
        stopping.stopped()


def test_attached_on_the_way_it_counts_from_there() -> None:
    net = fresh()
    begin(net)
    push(net, 0.1, 0.5)
    stopping = sx.EarlyStopping("loss", 2).attach(net)
    push(net, 0.6)
    assert stopping.stopped() is None
    push(net, 0.7)

    assert stopping.stopped() == 4
    assert np.all(net.value.params.flat == np.float32(0.5))


def test_a_network_that_is_taken_back_starts_afresh() -> None:
    net = fresh()
    stopping = sx.EarlyStopping("loss", 2).attach(net)
    begin(net)
    push(net, 0.5)
    early = net.value
    push(net, 0.1, 0.2)
    net.reset(early)
    push(net, 0.4, 0.6)

    assert stopping.stopped() is None
    assert stopping.best().training.stats.loss[-1] == 0.4


def test_by_default_it_goes_by_the_loss_on_the_validation_set() -> None:
    net = fresh()
    stopping = sx.EarlyStopping(patience=1).attach(net)
    begin(net)
    publish(net, 1)  # validation cross-entropy 1.0
    net.swap(
        lambda old: with_stats(
            old, training={"cross_entropy": 0.1}, validation={"cross_entropy": 1.1, "misclassification": 0}
        )
    )

    assert stopping.stopped() == 2


def test_before_the_first_epoch_there_is_no_best() -> None:
    stopping = sx.EarlyStopping().attach(fresh())

    with pytest.raises(OptionError, match="no epoch was complete yet"):
        stopping.best()


def test_an_error_that_is_not_recorded_is_told_with_those_that_are() -> None:
    net = sx.atom(small_net())
    sx.EarlyStopping("validation:accuracy").attach(net)

    run = sx.train(net, blobs(), 3)
    sx.deref(run)

    (error,) = run.watch_errors
    assert "'validation:accuracy' is not recorded; recorded: loss, training:cross_entropy" in str(error)


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 0},
        {"patience": 1.5},
        {"patience": True},
        {"min_delta": -1},
        {"min_delta": "much"},
        {"monitor": "accuracy"},
        {"restore_best": 1},
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=next(iter(options)).replace("_", ".")):
        sx.EarlyStopping(**options)


def test_an_unknown_mode_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'min'"):
        sx.EarlyStopping(mode="median")


def test_what_layers_keep_goes_back_with_their_parameters() -> None:
    net = sx.neural_net(
        [sx.Input(3), sx.Dense(4), sx.BatchNorm(), sx.Dense(2, activation="softmax")],
        sx.training("adam", learning_rate=0.1),
    )
    stopping = sx.EarlyStopping(MONITOR, patience=3).attach(net)

    snapshot = sx.deref(sx.train(net, data(), 200))

    assert snapshot.training.stats.epochs == stopping.stopped() == stopping.best().training.stats.epochs + 3
    assert snapshot.kept == stopping.best().kept
    assert snapshot.kept.flat.size == 8
    assert snapshot.params == stopping.best().params
