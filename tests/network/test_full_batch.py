"""L-BFGS in a network: one epoch an accepted iteration, over batches of any size."""

from __future__ import annotations

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from tests.nets import blobs, learner, small_net, trained


def test_every_iteration_lowers_the_loss() -> None:
    net = trained(small_net("lbfgs", regularization=sx.L2(0.01)), blobs(60), 15)

    losses = np.asarray(net.training.stats.loss)
    assert (np.diff(losses) < 0).all()
    assert losses[-1] < 0.5 * losses[0]


def test_batches_only_bound_the_memory() -> None:
    one, many = (trained(small_net("lbfgs", dtype="float64"), blobs(60, batch=n), 5) for n in (60, 7))

    np.testing.assert_allclose(one.params.flat, many.params.flat, rtol=1e-8, atol=1e-10)


def test_an_iteration_can_be_left_between_any_two_batches_and_shows_the_iterate() -> None:
    net = small_net("lbfgs")
    learning = learner(net, blobs(60, batch=7))
    whole = trained(net, blobs(60, batch=7), 4)

    epochs = 0
    while epochs < 4:
        done = learning.learn(60.0, batches=1).epoch_done
        if not done:
            shown = learning.merge(net)
            assert shown.params == net.params  # never a point that is only tried
        else:
            net = learning.merge(net)
            epochs += 1

    assert net.params == whole.params


def test_stopped_in_the_middle_of_a_search_it_goes_on_bit_for_bit() -> None:
    data = blobs(60, batch=7)
    whole = trained(small_net("lbfgs"), data, 6)
    net = trained(small_net("lbfgs"), data, 2)
    learning = learner(net, data)
    learning.learn(60.0, batches=4)

    resumed = trained(learning.merge(net), data, 4)

    assert resumed.params == whole.params


@pytest.mark.parametrize("variant", ["irprop-", "irprop+"])
def test_backtracking_knows_the_loss_of_every_batch(variant: str) -> None:
    net = trained(small_net("rprop", variant=variant, initial_step=0.2), blobs(60, batch=60), 12)

    assert net.training.stats.loss[-1] < net.training.stats.loss[0]


def test_backtracking_differs_from_going_on() -> None:
    minus, plus = (
        trained(small_net("rprop", variant=variant, initial_step=2.0), blobs(60, batch=60), 25)
        for variant in ("irprop-", "irprop+")
    )

    assert minus.params != plus.params


def test_another_loss_in_the_middle_of_a_search_starts_it_over_from_the_iterate() -> None:
    net = trained(small_net("lbfgs"), blobs(60, batch=7), 2)
    learning = learner(net, blobs(60, batch=7))
    learning.learn(60.0, batches=4)

    other = sx.with_loss(net, "squared_error")
    learning.adopt(net, other)
    shown = learning.merge(other)

    assert shown.params == net.params
    while not learning.learn(60.0).epoch_done:
        continue
    fresh = trained(
        evolve(other, training=evolve(other.training, state=sx.training().state)), blobs(60, batch=7), 1
    )
    assert learning.merge(other).params == fresh.params
