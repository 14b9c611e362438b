"""Conditions in the place of a number of epochs."""

from __future__ import annotations

import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError
from tests.trainer.tools import LONG, some_data, some_net


def test_training_ends_with_the_epoch_that_meets_the_condition() -> None:
    net = some_net()
    first = sx.train(net, some_data(), 6).result(LONG).training.stats.loss[-1]

    again = sx.atom(some_net().value)
    snapshot = sx.train(again, some_data(), sx.error_below(first * (1 + 1e-9))).result(LONG)

    assert snapshot.training.stats.epochs == 6
    assert snapshot.training.status == "done"


def test_whichever_condition_comes_first_ends_it() -> None:
    snapshot = sx.train(some_net(), some_data(), sx.error_below(-1.0) | sx.epochs(3)).result(LONG)

    assert snapshot.training.stats.epochs == 3


def test_epochs_count_from_the_beginning_of_each_training() -> None:
    net = some_net()
    sx.train(net, some_data(), sx.epochs(2)).result(LONG)

    assert sx.train(net, some_data(), sx.epochs(2)).result(LONG).training.stats.epochs == 4


def test_seconds_of_compute_end_it() -> None:
    snapshot = sx.train(some_net(), some_data(), sx.seconds(1e-9)).result(LONG)

    assert snapshot.training.stats.epochs == 1


def test_a_run_without_a_known_length_says_so() -> None:
    run = sx.train(some_net(), some_data(), sx.seconds(1e-9))
    run.result(LONG)

    assert run.epochs is None
    assert "1 epochs" in repr(run)


def test_a_history_that_is_not_recorded_fails_the_run_and_keeps_the_epoch() -> None:
    net = some_net()
    run = sx.train(net, some_data(), sx.plateau(2, monitor="training:squared_error"))

    with pytest.raises(OptionError, match="recorded: loss"):
        run.result(LONG)
    assert net.value.training.status == "failed"


def test_a_schedule_that_begins_badly_is_refused_at_once() -> None:
    net = some_net("backprop", learning_rate=lambda epoch, step, stats: float("nan"))
    before = net.value

    with pytest.raises(OptionError, match="learning_rate"):
        sx.train(net, some_data(), 1)
    assert net.value is before
