"""Starting: what `train` does before it returns."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import AlreadyTraining, DataError, LabelError, LossError, OptionError, ShapeError
from tests.trainer.tools import (
    ENDLESS,
    LONG,
    Told,
    epochs,
    some_data,
    some_epochs,
    some_net,
    xor,
    xor_net,
)


def test_train_returns_at_once_with_the_network_in_training() -> None:
    net = some_net()

    run = sx.train(net, some_data(), ENDLESS)

    assert isinstance(run, sx.TrainingRun)
    assert net.value.training.status in ("training", "stopping")
    assert not run.done()
    run.stop()


def test_its_result_is_the_last_snapshot_which_the_cell_holds_too() -> None:
    net = some_net()

    snapshot = sx.train(net, some_data(), 3).result(LONG)

    assert snapshot is net.value
    assert epochs(snapshot) == 3
    assert snapshot.training.status == "done"


def test_the_network_learns() -> None:
    net, data = some_net(learning_rate=1.0), some_data()

    snapshot = sx.train(net, data, 30).result(LONG)

    assert snapshot.training.stats.loss[-1] < 0.1 * snapshot.training.stats.loss[0]
    assert sx.evaluate(net, data.valid).errors["misclassification"] < 0.5


def test_the_labels_of_the_data_become_those_of_the_network() -> None:
    net = sx.mlp([2, 3, 2], ["sigmoid", "softmax"])
    data = sx.training_set([[0.0, 1.0], [1.0, 0.0]], ["left", "right"])

    sx.train(net, data, 1).result(LONG)

    assert net.value.labels == ("left", "right")


def test_deref_waits_for_a_run_and_reads_a_cell() -> None:
    net = some_net()

    snapshot = sx.deref(sx.train(net, some_data(), 2), timeout=LONG)

    assert snapshot is sx.deref(net)
    assert sx.deref(net.select(epochs)) == 2


def test_every_epoch_is_published_once_and_in_order() -> None:
    net = some_net()
    told = Told(net)

    sx.train(net, some_data(), 7).result(LONG)

    assert [epochs(new) for new in told.all] == [0, 1, 2, 3, 4, 5, 6, 7]
    assert told.statuses == ["training", "done"]


def test_training_again_goes_on_with_the_count_of_epochs() -> None:
    net, data = some_net(), some_data()

    first = sx.train(net, data, 2)
    first.result(LONG)
    second = sx.train(net, data, 3)
    second.result(LONG)

    assert epochs(net.value) == 5
    assert (first.epochs_done, second.epochs_done) == (2, 3)


def test_a_numpy_integer_is_a_number_of_epochs_too() -> None:
    assert epochs(sx.train(xor_net(), xor(), np.int64(2)).result(LONG)) == 2  # pyright: ignore[reportArgumentType]


def threshold_net() -> sx.Atom[Any]:
    return sx.mlp([64, 5, 4], ["binary_threshold", "softmax"])


def labelled_net() -> sx.Atom[Any]:
    return sx.mlp([64, 4], "softmax", labels=["a", "b", "c", "d"])


def perceptron_net() -> sx.Atom[Any]:
    net = some_net()
    net.swap(sx.with_algorithm, "perceptron")  # which trains thresholds only
    return net


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "other inputs": ({"net": lambda: sx.mlp([63, 4], "softmax")}, ShapeError, "63 numbers"),
    "other outputs": ({"net": lambda: sx.mlp([64, 5], "softmax")}, ShapeError, "4 targets"),
    "other labels": ({"net": labelled_net}, LabelError, "'a', 'b', 'c', 'd'"),
    "no gradient": ({"net": threshold_net}, LossError, "binary_threshold"),
    "an algorithm for others": ({"net": perceptron_net}, LossError, "perceptron trains threshold"),
    "a plain data set": ({"data": lambda: some_data().data}, DataError, "TrainingSet"),
    "no data": ({"data": lambda: None}, DataError, "TrainingSet"),
    "no epochs": ({"epochs": 0}, OptionError, "epochs"),
    "less than none": ({"epochs": -1}, OptionError, "epochs"),
    "half an epoch": ({"epochs": 1.5}, OptionError, "epochs"),
    "true epochs": ({"epochs": True}, OptionError, "epochs"),
    "epochs in words": ({"epochs": "10"}, OptionError, "epochs"),
    "unknown backend": ({"backend": "nunpy"}, OptionError, "numpy"),
    "unknown publication": ({"publish": "batch"}, OptionError, "every"),
    "publication by number": ({"publish": 10}, OptionError, "every"),
    "unknown executor": ({"executor": "threads"}, OptionError, "thread"),
    "unknown if_running": ({"if_running": "wait"}, OptionError, "queue"),
    "unknown on_diverged": ({"on_diverged": "panic"}, OptionError, "ignore"),
    "no BLAS thread": ({"blas_threads": 0}, OptionError, "blas_threads"),
    "true BLAS threads": ({"blas_threads": True}, OptionError, "blas_threads"),
    "no interval": ({"switch_interval": 0.0}, OptionError, "switch_interval"),
    "an interval that is none": ({"switch_interval": float("nan")}, OptionError, "switch_interval"),
    "an interval in words": ({"switch_interval": "fast"}, OptionError, "switch_interval"),
}


@pytest.mark.parametrize(("change", "error", "says"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_raised_by_the_call_and_leaves_the_cell_as_it_was(
    change: dict[str, Any], error: type[Exception], says: str
) -> None:
    given = {"net": some_net, "data": some_data, "epochs": 2} | change
    net = given.pop("net")()
    data = given.pop("data")()
    before, told = net.value, Told(net)

    with pytest.raises(error, match=says):
        sx.train(net, data, **given)

    assert net.value is before
    assert told.all == []


@pytest.mark.parametrize("thing", [None, 3, some_net().value, some_net().select(lambda net: net), sx.atom(3)])
def test_what_is_no_cell_of_a_network_is_refused(thing: Any) -> None:
    with pytest.raises(OptionError, match="cell of a network"):
        sx.train(thing, some_data(), 1)


def test_targets_outside_what_the_loss_takes_are_refused() -> None:
    net = sx.mlp([1, 1], "sigmoid")
    before = net.value

    with pytest.raises(LabelError, match=r"\[0, 1\]"):
        sx.train(net, sx.training_set([[0.0], [1.0]], [0.5, 2.0]), 1)

    assert net.value is before


def test_a_net_that_was_refused_trains_as_soon_as_things_are_right() -> None:
    net = some_net()

    with pytest.raises(ShapeError):
        sx.train(net, xor(), 1)

    assert epochs(sx.train(net, some_data(), 1).result(LONG)) == 1


def test_a_validator_that_refuses_the_start_is_heard_and_nothing_trains() -> None:
    net = some_net()
    before = net.value
    net.set_validator(lambda new: new.training.status == "idle")

    with pytest.raises(sx.errors.ValidationError):
        sx.train(net, some_data(), 1)

    assert net.value is before
    assert not sx.stop_training(net)


def test_a_second_train_is_refused_and_names_the_live_run() -> None:
    net, data = some_net(), some_data()
    run = sx.train(net, data, ENDLESS)

    with pytest.raises(AlreadyTraining, match="if_running") as caught:
        sx.train(net, data, 1)

    assert caught.value.run is run
    assert not run.done()
    some_epochs(net)


def test_a_watch_told_of_the_start_already_finds_the_live_run() -> None:
    net, data = some_net(), some_data()
    found: list[Any] = []

    def train_again(key: Any, atom: Any, old: Any, new: Any) -> None:
        if not found:
            try:
                sx.train(net, data, 1)
            except AlreadyTraining as error:
                found.append(error.run)

    net.add_watch("again", train_again)
    run = sx.train(net, data, 1)
    run.result(LONG)

    assert found == [run]


def test_of_many_threads_that_train_one_net_only_one_does() -> None:
    net, data = xor_net(), xor()
    barrier = threading.Barrier(8)
    runs: list[Any] = []
    errors: list[AlreadyTraining] = []

    def train() -> None:
        barrier.wait(LONG)
        try:
            runs.append(sx.train(net, data, ENDLESS))
        except AlreadyTraining as error:
            errors.append(error)

    threads = [threading.Thread(target=train) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)

    assert len(runs) == 1
    assert [error.run for error in errors] == [runs[0]] * 7


def test_a_run_that_was_waited_for_leaves_the_net_free_at_once() -> None:
    net, data = xor_net(), xor()

    for _ in range(200):
        sx.train(net, data, 1).result(LONG)

    assert epochs(net.value) == 200


def test_a_snapshot_in_the_place_of_its_cell_is_told_how_to_get_one() -> None:
    with pytest.raises(OptionError, match=r"make a cell of the snapshot: net = atom\(snapshot\)"):
        sx.train(some_net().value, some_data(), 1)  # type: ignore[arg-type]
