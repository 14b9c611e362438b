"""Edits by name: each is a value from a value, refused with a named error where it makes no sense."""

from __future__ import annotations

from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.errors import LossError, OptionError, UnknownNameError
from synapse_rx.losses import MeanSquaredError
from synapse_rx.snapshot import with_status
from tests.nets import blobs, small_net, trained


def test_the_learning_rate_can_be_edited() -> None:
    net = small_net(sx.Backprop(0.1, 0.9, nesterov=True))

    assert sx.with_learning_rate(net, 0.01).training.algorithm == sx.Backprop(0.01, 0.9, nesterov=True)
    assert net.training.algorithm == sx.Backprop(0.1, 0.9, nesterov=True)


def test_the_momentum_can_be_edited() -> None:
    assert sx.with_momentum(small_net(), 0.5).training.algorithm == sx.Backprop(momentum=0.5)


def test_several_options_can_be_edited_at_once() -> None:
    net = sx.with_options(small_net(), momentum=0.9, nesterov=True)

    assert net.training.algorithm == sx.Backprop(momentum=0.9, nesterov=True)


def test_an_algorithm_can_be_exchanged() -> None:
    net = sx.with_algorithm(small_net(sx.Backprop(0.3)), "sgd", momentum=0.5)

    assert net.training.algorithm == sx.Backprop(momentum=0.5)
    assert sx.with_algorithm(net, sx.Backprop(0.7)).training.algorithm == sx.Backprop(0.7)


def test_what_another_has_learnt_can_be_taken_over_without_its_history() -> None:
    net, data = small_net(sx.Adam()), blobs()
    teacher = trained(net, data, 2)
    pupil = sx.with_learnt(sx.with_learning_rate(net, 0.3), teacher)

    assert (pupil.params, pupil.kept, pupil.training.state) == (
        teacher.params,
        teacher.kept,
        teacher.training.state,
    )
    assert pupil.training.stats == net.training.stats and pupil.training.algorithm == sx.Adam(0.3)


def test_what_another_has_learnt_is_taken_over_in_mid_training() -> None:
    teacher = trained(small_net(), blobs(), 3)
    pupil = sx.atom(small_net(seed=5))
    pupil.add_watch(
        "once", lambda key, cell, old, new: (cell.remove_watch(key), cell.swap(sx.with_learnt, teacher))
    )
    first = sx.train(pupil, blobs(), 1, publish=sx.every(batches=100)).result(60)

    assert first.training.stats.epochs == 1
    assert first.params == trained(sx.with_learnt(small_net(seed=5), teacher), blobs()).params


def test_a_loss_can_be_exchanged() -> None:
    assert sx.with_loss(small_net(), "mse").training.loss == MeanSquaredError()


def test_a_status_can_be_set() -> None:
    assert with_status(small_net(), "paused").training.status == "paused"


@pytest.mark.parametrize(
    ("edit", "arguments", "error"),
    [
        (sx.with_learning_rate, [-0.1], OptionError),
        (sx.with_learning_rate, ["fast"], OptionError),
        (sx.with_momentum, [1.0], OptionError),
        (sx.with_algorithm, ["backprob"], UnknownNameError),
        (sx.with_loss, ["squared"], UnknownNameError),
        (with_status, ["sleeping"], UnknownNameError),
    ],
)
def test_what_makes_no_sense_is_refused_and_the_cell_stays_as_it_was(
    edit: Any, arguments: list[Any], error: type[Exception]
) -> None:
    net = sx.mlp([3, 2], "softmax")
    before = net.value

    with pytest.raises(error):
        net.swap(edit, *arguments)

    assert net.value is before


def test_an_unknown_option_is_answered_by_the_nearest() -> None:
    with pytest.raises(OptionError, match="did you mean 'learning_rate'"):
        sx.with_options(small_net(), learning_rte=0.1)


def test_momentum_that_nesterov_needs_cannot_be_taken_away() -> None:
    with pytest.raises(OptionError, match="nesterov needs a momentum"):
        sx.with_momentum(small_net(sx.Backprop(0.1, 0.9, nesterov=True)), 0)


def test_a_loss_that_the_outputs_do_not_fit_is_refused() -> None:
    net = sx.mlp([3, 2], "tanh").value

    with pytest.raises(LossError, match="tanh"):
        sx.with_loss(net, "cross_entropy")
