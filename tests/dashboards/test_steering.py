"""Commands: what they do to a network, and what they refuse without touching it."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.dashboards.controls import algorithms, controls
from synapse_rx.dashboards.steering import steer
from synapse_rx.errors import OptionError, SynapseError, UnknownNameError
from synapse_rx.snapshot import with_status
from tests.nets import blobs, small_net, trained


def after(command: dict[str, Any], net: sx.Net | None = None) -> sx.Training:
    cell = sx.atom(net or small_net())
    steer(cell, command)
    return cell.value.training


def test_options_of_the_algorithm_are_set() -> None:
    how = after({"command": "options", "options": {"learning_rate": 0.5, "momentum": 0.9, "nesterov": True}})

    assert how.algorithm == sx.Backprop(learning_rate=0.5, momentum=0.9, nesterov=True)


def test_another_algorithm_is_taken_with_its_own_defaults() -> None:
    assert after({"command": "algorithm", "name": "adam"}).algorithm == sx.Adam()
    assert after({"command": "algorithm", "name": "adam", "options": {"beta1": 0.8}}).algorithm == sx.Adam(
        beta1=0.8
    )


def test_limits_are_set_and_lifted() -> None:
    how = after({"command": "update", "options": {"clip_norm": 2}})

    assert how.update.clip_norm == 2.0
    assert (
        after(
            {"command": "update", "options": {"clip_norm": None}}, small_net(clip_norm=2.0)
        ).update.clip_norm
        is None
    )


def test_a_penalty_is_set_changed_and_lifted() -> None:
    assert after({"command": "regularization", "options": {"strength": 0.1}}).update.regularization == sx.L2(
        0.1
    )
    net = small_net(regularization=sx.Elastic(0.1, 0.2))
    how = after({"command": "regularization", "options": {"l1": 0.5}}, net)
    assert how.update.regularization == sx.Elastic(0.5, 0.2)
    assert after({"command": "regularization", "options": {"l1": None}}, net).update.regularization is None
    other = after({"command": "regularization", "kind": "l1", "options": {"strength": 0.3}}, net)
    assert other.update.regularization == sx.L1(0.3)


@pytest.mark.parametrize("layer", [0, "0"])
def test_layers_are_frozen_and_learn_again(layer: int | str) -> None:
    cell = sx.atom(small_net())

    steer(cell, {"command": "freeze", "layer": layer})
    assert cell.value.training.update.factors == ((0, 0.0),)
    steer(cell, {"command": "unfreeze", "layer": layer})
    assert cell.value.training.update.factors == ()


@pytest.mark.parametrize(
    ("command", "status", "then"),
    [
        ("pause", "training", "paused"),
        ("resume", "paused", "training"),
        ("stop", "training", "stopping"),
        ("stop", "paused", "stopping"),
    ],
)
def test_a_training_is_paused_resumed_and_stopped(command: str, status: str, then: str) -> None:
    assert after({"command": command}, with_status(small_net(), status)).status == then


@pytest.mark.parametrize("command", ["pause", "resume", "stop"])
def test_what_does_not_train_is_not_paused_resumed_or_stopped(command: str) -> None:
    with pytest.raises(OptionError, match="this network is idle"):
        after({"command": command})


@pytest.mark.parametrize(
    "command",
    [
        None,
        [],
        "pause",
        {},
        {"command": "swap"},
        {"command": ["pause"]},
        {"command": "pause", "really": True},
        {"command": "options"},
        {"command": "options", "options": [1]},
        {"command": "options", "options": {"learning_rate": -1}},
        {"command": "options", "options": {"learning_rate": None}},
        {"command": "options", "options": {"learning_rate": "__import__('os')"}},
        {"command": "options", "options": {"learning_rate": 10**400}},
        {"command": "options", "options": {"learning_rate": [[1, 0.1]]}},
        {"command": "options", "options": {"learning_rate": {"kind": "constant"}}},
        {"command": "options", "options": {"__class__": 1}},
        {"command": "update", "options": {"clip_norm": "2"}},
        {"command": "update", "options": {"clip_norm": 0}},
        {"command": "update", "options": {"factors": None}},
        {"command": "update", "options": {"averaging": True}},
        {"command": "regularization", "options": {"strength": -1}},
        {"command": "regularization", "options": {"strength": "x"}},
        {"command": "regularization", "options": {"strange": 1}},
        {"command": "regularization", "kind": 7, "options": {"strength": 1}},
        {"command": "regularization", "kind": "custom_regularizer", "options": {"strength": 1}},
        {"command": "algorithm", "name": "nothing"},
        {"command": "algorithm", "name": {"kind": "adam"}},
        {"command": "algorithm", "name": "perceptron"},
        {"command": "algorithm", "name": "adam", "options": {"momentum": 0.9}},
        {"command": "freeze", "layer": 7},
        {"command": "freeze", "layer": -1},
        {"command": "freeze", "layer": "٣"},
        {"command": "freeze", "layer": None},
        {"command": "freeze", "layer": True},
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(command: Any) -> None:
    net = small_net()
    cell = sx.atom(net)

    with pytest.raises(SynapseError):
        steer(cell, command)
    assert cell.value is net


def test_an_unknown_command_lists_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match="'pause'"):
        after({"command": "paus"})


def test_what_a_watch_raises_does_not_undo_a_command() -> None:
    cell = sx.atom(small_net())
    cell.add_watch("broken", lambda key, cell, old, new: 1 / 0)

    steer(cell, {"command": "options", "options": {"learning_rate": 0.5}})

    assert cell.value.training.algorithm == sx.Backprop(learning_rate=0.5)


def test_a_training_goes_on_with_what_was_set() -> None:
    cell = sx.atom(small_net())

    @cell.add_watch("steer")
    def turn(key: str, cell: sx.Atom[sx.Net], old: sx.Net, new: sx.Net) -> None:
        if new.training.stats.epochs == 2:
            cell.remove_watch(key)
            steer(cell, {"command": "algorithm", "name": "adam", "options": {"learning_rate": 0.25}})
            steer(cell, {"command": "freeze", "layer": 0})

    stats = sx.deref(sx.train(cell, blobs(), 4)).training.stats

    assert list(stats.learning_rate) == [0.1, 0.1, 0.25, 0.25]
    assert {event.what for event in stats.events} >= {"algorithm", "factors"}


BOUND = {"min_gain", "max_gain", "min_step", "max_step", "decrease", "increase"}
"""Options whose range depends on another's; a slider may go too far there, and is told so."""


@pytest.mark.parametrize("kind", algorithms())
def test_a_slider_goes_no_further_than_its_algorithm_follows(kind: str) -> None:
    how = sx.training(kind, **({"variant": "synaptic"} if kind == "rprop" else {}))

    for control in controls(how):
        if control["command"] == "options" and control["kind"] == "number" and control["name"] not in BOUND:
            for end in ("low", "high"):
                data = {**how.algorithm.to_data(), control["name"]: control[end]}
                assert sx.from_data(type(how.algorithm), data).to_data() == data


def test_a_knob_shows_where_it_stands_and_how_far_it_goes() -> None:
    rate, momentum, nesterov, *_ = controls(sx.training("backprop", learning_rate=0.1, momentum=0.9))

    assert (rate["name"], rate["value"], rate["scale"]) == ("learning_rate", 0.1, "log")
    assert (momentum["value"], momentum["low"], momentum["high"]) == (0.9, 0.0, 0.999)
    assert (nesterov["kind"], nesterov["value"]) == ("flag", False)


def test_what_follows_a_schedule_says_so() -> None:
    rate, *_ = controls(sx.training("adam", learning_rate=[(3, 0.1), (5, 0.01)]))

    assert rate["value"] is None
    assert "Piecewise" in str(rate["schedule"])


def test_measures_of_steps_are_recorded_beside_the_errors_that_are() -> None:
    net = trained(small_net(), blobs())
    how = after({"command": "record", "options": {"gradient_norm": True}}, net)
    net = trained(evolve(net, training=how), blobs())

    assert {"gradient_norm", "misclassification"} <= set(net.training.stats.training)
    (switch,) = [one for one in controls(how) if one["name"] == "gradient_norm"]
    assert switch["value"] is True
    again = after({"command": "record", "options": {"gradient_norm": False}}, net)
    assert again.recorded == (sx.Misclassification(),)


@pytest.mark.parametrize("options", [{"loss": True}, {"gradient_norm": 1}, {"gradient_norm": None}])
def test_what_cannot_be_recorded_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(SynapseError, match=r"measure of steps|is recorded"):
        steer(sx.atom(trained(small_net(), blobs())), {"command": "record", "options": options})


def test_before_the_data_is_known_nothing_is_recorded_by_a_switch() -> None:
    with pytest.raises(OptionError, match="once training has begun"):
        after({"command": "record", "options": {"gradient_norm": True}})
