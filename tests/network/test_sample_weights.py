"""A sample of weight 2 is the same sample twice: in gradients, in losses, in recorded errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.backends import NumpyBackend
from synapse_rx.losses import Loss
from synapse_rx.network import Arch
from synapse_rx.network.program import Program
from tests.nets import blobs, learner, small_net, trained

COUNTS = np.array([1, 2, 0, 3, 1])
LOSSES = [("squared_error", "linear"), ("cross_entropy", "softmax"), ("huber", "tanh"), ("hinge", "linear")]


def weighted(data: sx.TrainingSet, counts: Any) -> sx.TrainingSet:
    return evolve(data, data=evolve(data.data, weights=np.asarray(counts)))


def repeated(data: sx.TrainingSet, counts: Any) -> sx.TrainingSet:
    part = data.data.take(np.repeat(np.arange(len(data)), counts))
    return sx.TrainingSet(part, batch=len(part), valid=data.valid)


@pytest.mark.parametrize(("loss", "output"), LOSSES)
def test_a_weight_of_2_is_a_sample_twice(loss: str, output: str) -> None:
    arch, rng = Arch(3, [sx.Dense(4, "tanh"), sx.Dense(2, output)]), np.random.default_rng(3)
    x, t = rng.standard_normal((5, 3)), np.eye(2)[[0, 1, 1, 0, 1]]
    theta = rng.standard_normal(arch.layout.size)
    chosen = arch.check_trainable(Loss.of(loss))

    def learn(rows: Any, weights: Any) -> tuple[Any, float]:
        grad, values = np.zeros_like(theta), np.empty(len(rows))
        program = Program(arch, NumpyBackend(), len(rows), theta, grad)
        program.learn(x[rows], t[rows], chosen, values, 1.0, weights)
        return grad, values.sum()

    got, total = learn(np.arange(5), COUNTS.astype(float))
    wanted, expected = learn(np.repeat(np.arange(5), COUNTS), None)

    np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-14)
    assert total == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("algorithm", ["backprop", "rprop", "adam", "lbfgs"])
def test_training_on_weights_is_training_on_repeated_samples(algorithm: str) -> None:
    data = blobs(20, batch=20, dtype="float64", nvalid=4)
    counts = np.random.default_rng(0).integers(0, 4, len(data))
    net = small_net(algorithm, dtype="float64", reduction="sum", stats=["misclassification", "gradient_norm"])

    one = trained(net, weighted(data, counts), 3)
    other = trained(net, repeated(data, counts), 3)

    np.testing.assert_allclose(one.params.flat, other.params.flat, rtol=1e-9, atol=1e-12)
    for kind, history in other.training.stats.training.items():
        np.testing.assert_allclose(one.training.stats.training[kind], history, rtol=1e-9)
    np.testing.assert_allclose(one.training.stats.loss, other.training.stats.loss, rtol=1e-9)


def test_the_mean_gradient_is_over_samples_not_over_weights() -> None:
    data = blobs(5)
    net = small_net(learning_rate=0.1)

    plain = trained(net, data).params.flat - net.params.flat
    doubled = trained(net, weighted(data, [2] * 5)).params.flat - net.params.flat

    np.testing.assert_allclose(doubled, 2 * plain, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("evaluation", ["running", "full"])
def test_recorded_errors_are_weighted_means(evaluation: str) -> None:
    data = blobs(nvalid=5, shuffle="epoch")
    net = small_net(evaluation=evaluation)

    one = trained(net, data, 2).training.stats
    two = trained(net, weighted(data, [1] * len(data)), 2).training.stats

    for kind, history in one.training.items():
        np.testing.assert_allclose(two.training[kind], history, rtol=1e-5)
    for kind, history in one.validation.items():
        np.testing.assert_allclose(two.validation[kind], history, rtol=1e-5)


def test_weights_follow_the_order_of_the_epoch() -> None:
    data = blobs(23, shuffle="epoch")
    only = np.arange(23) == 11

    learning = learner(small_net(), weighted(data, only))
    while not learning.learn(60.0).epoch_done:
        continue
    stats = learning.merge(small_net()).training.stats

    alone = trained(small_net(), sx.TrainingSet(data.data[11], batch=1), 1).training.stats
    # One of five batches learns, and it learns from a fifth of this sample's gradient.
    assert stats.training["cross_entropy"][0] == pytest.approx(alone.training["cross_entropy"][0], rel=1e-5)


def test_an_epoch_in_pieces_counts_as_an_epoch_at_once() -> None:
    data = weighted(blobs(shuffle="epoch"), np.arange(23) % 3)
    once = trained(small_net(), data)
    learning = learner(small_net(), data)
    learning.learn(60.0, 2)
    half = learning.merge(small_net())

    resumed = learner(half, data)
    while not resumed.learn(60.0, 1).epoch_done:
        continue

    assert resumed.merge(half).training.stats.loss == once.training.stats.loss


def test_evaluate_weighs_errors() -> None:
    data = blobs(6)
    net = trained(small_net(), data)
    counts = [2, 0, 1, 3, 1, 1]

    one = sx.evaluate(net, weighted(data, counts))
    other = sx.evaluate(net, repeated(data, counts))

    assert dict(one.errors) == pytest.approx(dict(other.errors), rel=1e-5)
    assert one.samples == 6
