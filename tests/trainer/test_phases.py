"""A list of (epochs, options) in the place of a number of epochs."""

from __future__ import annotations

from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError, UnknownNameError
from tests.trainer.tools import LONG, Told, epochs, events, learnt, some_data, some_net

DATA = some_data(shuffle="epoch")
PHASES: list[Any] = [
    (2, {"learning_rate": 0.2}),
    (3, {"learning_rate": 0.05, "momentum": 0.9, "clip_norm": 1.0}),
    (1, {"algorithm": "adam", "learning_rate": 0.002, "loss": "squared_error"}),
]


def test_each_phase_has_options_of_its_own_from_its_first_batch_on() -> None:
    net = sx.train(some_net(), DATA, PHASES).result(LONG)

    by_hand = some_net("backprop", learning_rate=0.2)
    sx.train(by_hand, DATA, 2).result(LONG)
    by_hand.swap(sx.with_options, learning_rate=0.05, momentum=0.9)
    by_hand.swap(sx.with_update, clip_norm=1.0)
    sx.train(by_hand, DATA, 3).result(LONG)
    by_hand.swap(sx.with_algorithm, "adam", learning_rate=0.002)
    by_hand.swap(sx.with_loss, "squared_error")
    sx.train(by_hand, DATA, 1).result(LONG)
    assert learnt(net) == learnt(by_hand.value)
    assert list(net.training.stats.learning_rate) == [0.2] * 2 + [0.05] * 3 + [0.002]


def test_every_phase_is_an_event() -> None:
    net = sx.train(some_net(), DATA, PHASES[:2]).result(LONG)

    assert [(event.epoch, event.batch, event.what) for event in net.training.stats.events] == [
        (0, 0, "phase"),
        (2, 0, "phase"),
        (2, 0, "learning_rate"),
        (2, 0, "momentum"),
        (2, 0, "clip_norm"),
    ]
    assert events(net)[1] == ("phase", "2 of 2: learning_rate=0.05, momentum=0.9, clip_norm=1.0")


def test_the_first_is_there_when_train_returns() -> None:
    net = some_net()
    run = sx.train(net, DATA, PHASES)

    assert net.value.training.algorithm.learning_rate in (0.2, 0.05, 0.002)
    assert run.epochs == 6
    run.result(LONG)


@pytest.mark.parametrize("at", [3, 10, 13, 20, 25, 33, 50])
def test_going_on_after_an_interruption_is_uninterrupted(at: int) -> None:
    whole, parts = some_net(), some_net()
    sx.train(whole, DATA, sx.phases(PHASES, since=0)).result(LONG)

    @parts.add_watch("stop")
    def stop(key: Any, cell: Any, old: Any, new: Any) -> None:
        if new.training.stats.steps >= at and new.version != old.version:
            cell.remove_watch("stop")
            sx.stop_training(cell)

    first = sx.train(parts, DATA, sx.phases(PHASES, since=0), publish=sx.every(batches=1)).result(LONG)
    assert (first.training.status, first.training.stats.steps) == ("stopped", at)
    sx.train(parts, DATA, sx.phases(PHASES, since=0)).result(LONG)

    assert learnt(parts.value) == learnt(whole.value)


def test_any_snapshot_on_the_way_is_a_place_to_go_on_from() -> None:
    net = some_net()
    told = Told(net)
    whole = sx.train(net, DATA, sx.phases(PHASES, since=0)).result(LONG)

    for snapshot in told.all:
        if epochs(snapshot) < 6:
            branch = sx.atom(snapshot)
            assert learnt(sx.train(branch, DATA, sx.phases(PHASES, since=0)).result(LONG)) == learnt(whole)


def test_a_live_edit_holds_till_the_next_phase() -> None:
    net = some_net()

    @net.add_watch("edit")
    def edit(key: Any, cell: Any, old: Any, new: Any) -> None:
        if epochs(new) == 1 and new.version != old.version:
            cell.swap(sx.with_learning_rate, 0.123)

    rates = sx.train(net, DATA, [(3, {"learning_rate": 0.2}), (1, {"learning_rate": 0.1})]).result(LONG)

    assert list(rates.training.stats.learning_rate) == [0.2, 0.123, 0.123, 0.1]


def test_another_condition_may_end_them() -> None:
    net = sx.train(some_net(), DATA, sx.phases(PHASES) | sx.error_below(1e9)).result(LONG)

    assert epochs(net) == 1


@pytest.mark.parametrize(
    ("wrong", "kind", "text"),
    [
        ([(2, {}), (1, {"lr": 3})], OptionError, "no option 'lr': it is called learning_rate"),
        ([(2, {}), (1, {"momentum": 2})], OptionError, "momentum"),
        ([(2, {}), (1, {"algorithm": "adm"})], UnknownNameError, "did you mean 'adam'"),
        ([(2, {"algorithm": "adam"}), (1, {"momentum": 0.5})], OptionError, "adam has no option 'momentum'"),
        ([(2, {}), (1, {"loss": "hinge"})], OptionError, "hinge"),
        ([(2, {}), (1, {"algorithm": "lbfgs", "clip_norm": 1.0})], OptionError, "clip_norm"),
        ([], OptionError, "phases are a list"),
        (((2, {}), (0, {})), OptionError, "the epochs of a phase"),
    ],
)
def test_what_cannot_be_done_later_is_refused_at_once(wrong: Any, kind: Any, text: str) -> None:
    net = some_net()
    before = net.value

    with pytest.raises(kind, match=text):
        sx.train(net, DATA, wrong)
    assert net.value is before


def test_a_training_that_is_over_is_refused() -> None:
    net = some_net()
    sx.train(net, DATA, sx.phases([(1, {})], since=0)).result(LONG)

    with pytest.raises(OptionError, match="all phases are over: they end with epoch 1"):
        sx.train(net, DATA, sx.phases([(1, {})], since=0))
    assert net.value.training.status == "done"
