"""Edits swapped into the cell while it is in training."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.errors import LossError, ShapeError
from synapse_rx.update import Update
from tests.trainer.tools import (
    ENDLESS,
    LONG,
    Hold,
    Told,
    epochs,
    events,
    learnt,
    reach,
    some_data,
    some_epochs,
    some_net,
    xor,
    xor_net,
)


def at_epoch(net: sx.Atom[Any], epoch: int, edit: Any) -> None:
    """Have ``edit(net)`` done by a watch when ``epoch`` epochs are complete."""
    done: list[int] = []

    def look(key: Any, atom: Any, old: Any, new: Any) -> None:
        if epochs(new) == epoch and not done:
            done.append(epoch)
            edit(atom)

    net.add_watch(("edit", epoch), look)


def in_two_steps(net: sx.Atom[Any], data: sx.TrainingSet, before: int, edit: Any, after: int) -> Any:
    """Train, edit between two calls, train: what a live edit must amount to."""
    sx.train(net, data, before).result(LONG)
    edit(net)
    return sx.train(net, data, after).result(LONG)


EDITS = {
    "learning rate": lambda net: net.swap(sx.with_learning_rate, 0.01),
    "momentum, which needs a velocity": lambda net: net.swap(sx.with_momentum, 0.9),
    "nesterov": lambda net: net.swap(sx.with_options, momentum=0.8, nesterov=True),
    "another algorithm": lambda net: net.swap(sx.with_algorithm, "adam", learning_rate=0.01),
    "an algorithm of the whole set": lambda net: net.swap(sx.with_algorithm, "lbfgs"),
    "another loss": lambda net: net.swap(sx.with_loss, "squared_error"),
    "other parameters": lambda net: net.swap(other_params),
    "a penalty": lambda net: net.swap(with_update, regularization="l2"),
    "clipping": lambda net: net.swap(with_update, clip_norm=0.01),
    "averaging": lambda net: net.swap(with_update, averaging=0.9),
    "another architecture": lambda net: net.reset(other_arch(net.value)),
    "doubles": lambda net: net.swap(in_doubles),
}


def other_params(net: Any) -> Any:
    return evolve(net, params=sx.fresh_params(net.arch, seed=99))


def with_update(net: Any, **options: Any) -> Any:
    return evolve(net, training=evolve(net.training, update=Update.checked(**options)))


def other_arch(net: Any) -> Any:
    arch = sx.mlp([64, 8, 4], ["tanh", "softmax"]).value.arch
    return evolve(net, arch=arch, params=sx.fresh_params(arch, seed=5))


def in_doubles(net: Any) -> Any:
    return evolve(net, params=sx.fresh_params(net.arch, seed=5, dtype="float64"))


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_an_edit_between_epochs_amounts_to_one_between_two_trainings(edit: Any) -> None:
    data = some_data()
    net, twin = some_net(), some_net()
    at_epoch(net, 2, edit)

    live = sx.train(net, data, 5).result(LONG)
    in_steps = in_two_steps(twin, data, 2, edit, 3)

    assert learnt(live) == learnt(in_steps)
    assert live.arch == in_steps.arch


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_each_adoption_is_an_event_of_its_epoch(edit: Any) -> None:
    net = some_net()
    at_epoch(net, 2, edit)

    snapshot = sx.train(net, some_data(), 3).result(LONG)

    assert snapshot.training.stats.events
    assert {event.epoch for event in snapshot.training.stats.events} == {2}


@pytest.mark.parametrize(
    ("edit", "event"),
    [
        ("learning rate", ("learning_rate", "0.1 -> 0.01")),
        ("momentum, which needs a velocity", ("momentum", "0.0 -> 0.9")),
        ("nesterov", ("nesterov", "False -> True")),
        ("other parameters", ("params", "replaced")),
        ("doubles", ("dtype", "float32 -> float64")),
        ("clipping", ("clip_norm", "None -> 0.01")),
    ],
)
def test_events_say_what_was_edited_and_how(edit: str, event: tuple[str, str]) -> None:
    net = some_net()
    at_epoch(net, 1, EDITS[edit])

    assert event in events(sx.train(net, some_data(), 2).result(LONG))


def test_another_algorithm_begins_with_a_fresh_state() -> None:
    net = some_net(momentum=0.9)
    at_epoch(net, 1, EDITS["another algorithm"])

    snapshot = sx.train(net, some_data(), 2).result(LONG)

    assert snapshot.training.state.algorithm == "adam"
    assert "velocity" not in snapshot.training.state.slots
    assert ("algorithm" in what for what, _ in events(snapshot))


def test_a_velocity_comes_with_momentum_and_goes_with_it() -> None:
    net = some_net()
    told = Told(net)
    at_epoch(net, 1, lambda net: net.swap(sx.with_momentum, 0.9))
    at_epoch(net, 3, lambda net: net.swap(sx.with_momentum, 0.0))

    sx.train(net, some_data(), 4).result(LONG)

    have = {epochs(new): "velocity" in new.training.state.slots for new in told.all if epochs(new)}
    assert have == {1: False, 2: True, 3: True, 4: False}


def test_another_loss_is_recorded_beside_the_old_one() -> None:
    net = some_net()
    at_epoch(net, 2, EDITS["another loss"])

    stats = sx.train(net, some_data(), 4).result(LONG).training.stats

    assert np.isnan(stats.training["squared_error"]).tolist() == [True, True, False, False]
    assert np.isnan(stats.training["cross_entropy"]).tolist() == [False, False, True, True]
    assert np.isfinite(stats.loss).all()


def test_an_edit_of_the_parameters_wins_over_the_epoch_in_progress() -> None:
    net, data = some_net(), some_data()
    wanted = sx.fresh_params(net.value.arch, seed=99)
    told = Told(net)

    def edit(atom: Any) -> None:
        atom.swap(lambda new: evolve(new, params=wanted))
        sx.stop_training(atom)

    at_epoch(net, 1, edit)
    snapshot = sx.train(net, data, ENDLESS, publish=sx.every(batches=3)).result(LONG)

    assert snapshot.params is wanted
    assert epochs(told.all[-1]) == 1


def test_an_edit_while_a_snapshot_is_being_told_is_not_overwritten() -> None:
    net = some_net()
    hold = Hold(net)
    run = sx.train(net, some_data(), 3)
    hold.arrive()

    net.swap(sx.with_learning_rate, 0.5)
    net.swap(sx.with_momentum, 0.3)
    hold.release()

    snapshot = run.result(LONG)
    assert snapshot.training.algorithm == sx.Backprop(learning_rate=0.5, momentum=0.3)
    assert ("learning_rate", "0.1 -> 0.5") in events(snapshot)
    assert ("momentum", "0.0 -> 0.3") in events(snapshot)


def test_an_edit_in_the_last_watch_is_in_the_result() -> None:
    net = some_net()
    net.add_watch(
        "edit",
        lambda key, atom, old, new: (
            new.training.status == "done"
            and new.training.algorithm.learning_rate > 0.01
            and atom.swap(sx.with_learning_rate, 0.01)
        ),
    )

    snapshot = sx.train(net, some_data(), 2).result(LONG)

    assert snapshot is net.value
    assert snapshot.training.algorithm.learning_rate == 0.01
    assert snapshot.training.status == "done"


def test_an_architecture_that_does_not_fit_the_data_fails_the_run_and_says_so() -> None:
    net = some_net()
    at_epoch(net, 2, lambda net: net.reset(sx.mlp([5, 4], "softmax").value))
    run = sx.train(net, some_data(), 5)

    error = run.exception(LONG)

    assert isinstance(error, ShapeError)
    assert "64 numbers" in str(error)
    assert net.value.training.status == "failed"
    assert net.value.arch.in_shape == (5,)


def test_a_loss_that_does_not_fit_fails_the_run_and_says_so() -> None:
    net = sx.mlp([64, 16, 4], ["sigmoid", "linear"], sx.training("backprop", loss="squared_error"))
    at_epoch(net, 1, lambda net: net.cursor("training", "loss").reset(sx.CrossEntropy()))
    run = sx.train(net, some_data(), 5)

    assert isinstance(run.exception(LONG), LossError)
    assert net.value.training.status == "failed"


def test_an_algorithm_that_does_not_fit_fails_the_run_and_says_so() -> None:
    net = some_net()
    at_epoch(net, 1, lambda net: net.swap(sx.with_algorithm, "perceptron"))
    run = sx.train(net, some_data(), 5)

    assert isinstance(run.exception(LONG), LossError)
    assert net.value.training.status == "failed"
    assert epochs(net.value) == 1


def test_a_failed_net_trains_again_once_it_is_put_right() -> None:
    net = some_net()
    kept: list[Any] = []
    at_epoch(net, 2, lambda net: kept.append(net.value) or net.reset(sx.mlp([5, 4], "softmax").value))
    sx.train(net, some_data(), 5).wait(LONG)

    net.reset(kept[0])

    assert epochs(sx.train(net, some_data(), 1).result(LONG)) == 3


@pytest.mark.parametrize(
    "options",
    [
        {"algorithm": "backprop", "momentum": 0.9},
        {"algorithm": "adam"},
        {"algorithm": "backprop", "averaging": 0.9},
        {"algorithm": "lbfgs"},
    ],
    ids=lambda options: "-".join(map(str, options.values())),
)
def test_rewinding_in_training_replays_what_came_after(options: dict[str, Any]) -> None:
    data = some_data(shuffle="epoch")
    net = some_net(**options)
    told = Told(net)

    def rewind(atom: Any) -> None:
        atom.reset(next(new for new in told.all if epochs(new) == 2))

    at_epoch(net, 5, rewind)
    last = sx.train(net, data, 8).result(LONG)

    first_time, second_time = {}, {}
    for new in told.all:
        seen = second_time if epochs(new) in first_time else first_time
        seen.setdefault(epochs(new), new)
    assert epochs(last) == 5
    assert told.epochs == [0, 1, 2, 3, 4, 5]
    assert learnt(last) == learnt(first_time[5])


def test_rewinding_to_the_beginning_replays_everything() -> None:
    data = some_data()
    net = some_net(momentum=0.9)
    beginning = net.value
    told = Told(net)
    at_epoch(net, 3, lambda net: net.reset(beginning))

    last = sx.train(net, data, 6).result(LONG)

    assert epochs(last) == 3
    assert learnt(last) == learnt(next(new for new in told.all if epochs(new) == 3))


def test_rewinding_by_a_new_architecture_and_back_keeps_the_state_that_belongs_to_it() -> None:
    data = some_data()
    net = some_net(momentum=0.9)
    told = Told(net)
    at_epoch(net, 2, EDITS["another architecture"])
    at_epoch(net, 4, lambda net: net.reset(next(new for new in told.all if epochs(new) == 2)))

    last = sx.train(net, data, 5).result(LONG)

    twin = some_net(momentum=0.9)
    assert learnt(last) == learnt(sx.train(twin, data, 3).result(LONG))


def test_the_epoch_that_a_rewind_undoes_is_learnt_all_the_same() -> None:
    """The reset comes in before the epoch is published, so that it is never seen; the run still does its share."""
    net = xor_net()
    beginning = net.value
    run = sx.train(net, xor(), ENDLESS)
    some_epochs(net)

    for _ in range(200):
        net.reset(beginning)
    before = run.epochs_done
    reach(net, lambda new: epochs(new) > 5)

    assert run.epochs_done >= before
    run.stop()
    run.result(LONG)


def test_hammering_the_cell_loses_no_edit_and_no_epoch() -> None:
    net = some_net()
    told = Told(net)
    count = 200
    barrier = threading.Barrier(3)

    def hammer(name: str) -> None:
        barrier.wait(LONG)
        for i in range(count):
            net.swap(tagged, name, i)

    threads = [threading.Thread(target=hammer, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    run = sx.train(net, some_data(), 20, publish=sx.every(batches=1))
    barrier.wait(LONG)
    for thread in threads:
        thread.join(LONG)
    snapshot = run.result(LONG)
    final = net.value

    assert epochs(snapshot) == 20
    assert told.epochs == list(range(21))
    tags = [event.detail for event in final.training.stats.events if event.what in ("a", "b")]
    assert sorted(tags) == sorted(f"{name}{i}" for name in "ab" for i in range(count))
    assert len(final.training.stats.loss) == 20


def tagged(net: Any, name: str, i: int) -> Any:
    """Append to the history, as anybody may."""
    from synapse_rx.snapshot import Event

    stats = net.training.stats
    event = Event(stats.epochs, 0, name, f"{name}{i}")
    return evolve(net, training=evolve(net.training, stats=evolve(stats, events=(*stats.events, event))))


def test_hammering_hyper_parameters_ends_with_the_last_ones() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)

    for i in range(1, 300):
        net.swap(sx.with_learning_rate, 0.1 / i)
    some_epochs(net)
    run.stop()
    snapshot = run.result(LONG)

    assert snapshot.training.algorithm.learning_rate == 0.1 / 299
    adopted = [detail for what, detail in events(snapshot) if what == "learning_rate"]
    assert adopted[-1].endswith(str(0.1 / 299))


def test_a_cursor_is_a_live_knob() -> None:
    net = some_net()
    rate = net.cursor("training", "algorithm", "learning_rate")
    run = sx.train(net, some_data(), ENDLESS)
    some_epochs(net)

    rate.reset(0.025)
    some_epochs(net)
    run.stop()

    assert ("learning_rate", "0.1 -> 0.025") in events(run.result(LONG))


def test_a_watch_that_swaps_an_edit_in_takes_effect_from_the_next_batch_on() -> None:
    data = some_data()
    net, twin = some_net(), some_net()
    at_epoch(net, 3, lambda net: net.swap(sx.with_learning_rate, 0.0))
    sx.train(twin, data, 3).result(LONG)

    snapshot = sx.train(net, data, 6).result(LONG)

    assert snapshot.params == twin.value.params


def test_an_edit_and_a_stop_in_one_watch_both_count() -> None:
    net = some_net()

    def edit(atom: Any) -> None:
        atom.swap(sx.with_learning_rate, 0.7)
        sx.stop_training(atom)

    at_epoch(net, 2, edit)
    snapshot = sx.train(net, some_data(), ENDLESS).result(LONG)

    assert snapshot.training.algorithm.learning_rate == 0.7
    assert events(snapshot) == [("stopping", "was training"), ("learning_rate", "0.1 -> 0.7")]
    assert epochs(snapshot) == 2
