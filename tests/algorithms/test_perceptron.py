"""The perceptron: the ancestor's rule, by hand and in a network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.activations import BinaryThreshold, BipolarThreshold, Sigmoid
from synapse_rx.algorithms import Perceptron
from synapse_rx.errors import LossError, OptionError
from synapse_rx.losses import PerceptronError
from synapse_rx.snapshot import Net
from tests.nets import trained

AND = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)


def by_hand(weights: Any, data: sx.TrainingSet, epochs: int, *, low: float = 0.0, rate: float = 1.0) -> Any:
    """
    Return the weights (outputs, 1 + inputs) after Synaptic's rule ``dW = err' [1 | x]``, err 1, -1 or 0.

    Outputs and targets are ``low`` and 1.
    """
    x, t = np.asarray(data.x, float), np.where(np.asarray(data.y) > 0, 1.0, low)
    for epoch in range(epochs):
        order = data.order(epoch)
        for part in data.batch_slices():
            rows = np.arange(len(x))[part] if order is None else order[part]
            inputs = np.hstack([np.ones((len(rows), 1)), x[rows]])
            outputs = np.where(inputs @ weights.T >= 0, 1.0, low)
            weights = weights + rate * np.sign(t[rows] - outputs).T @ inputs
    return weights


def weights_of(net: Net) -> Any:
    """
    Return a network's weights as Synaptic keeps them, (outputs, 1 + inputs).
    """
    layer = net.params[0]
    return np.vstack([layer["b"], layer["W"]]).T


def perceptron(inputs: int, outputs: int, activation: str = "binary_threshold", **options: Any) -> Net:
    how = sx.training("perceptron", seed=3, **options)
    return sx.mlp([inputs, outputs], activation, how, dtype="float64").value


def separable(n: int = 60, **options: Any) -> sx.TrainingSet:
    """
    Return samples of three classes on a grid of eighths, so that all sums are exact, each class apart from the others.
    """
    rng = np.random.default_rng(4)
    labels = rng.integers(0, 3, n)
    centres = np.array([[4.0, 0.0], [-4.0, 4.0], [-4.0, -4.0]])
    x = centres[labels] + rng.integers(-8, 9, (n, 2)) / 8
    return sx.training_set(x, labels, dtype="float64", **options)


@pytest.mark.parametrize("batch", [1, 7, 60])
@pytest.mark.parametrize(("activation", "low"), [("binary_threshold", 0.0), ("bipolar_threshold", -1.0)])
@pytest.mark.parametrize("rate", [1.0, 0.25])
def test_a_network_learns_by_the_rule_of_synaptic(
    batch: int, activation: str, low: float, rate: float
) -> None:
    data = separable(batch=batch, seed=2, shuffle="epoch")
    net = perceptron(2, 3, activation, learning_rate=rate)
    start = np.round(weights_of(net) * 8) / 8
    net = with_weights(net, start)

    after = trained(net, data, 4)

    np.testing.assert_array_equal(weights_of(after), by_hand(start, data, 4, low=low, rate=rate))


@pytest.mark.parametrize("activation", ["binary_threshold", "bipolar_threshold"])
@pytest.mark.parametrize("batch", [1, 20])
def test_separable_classes_are_learnt_without_a_mistake(activation: str, batch: int) -> None:
    data = separable(batch=batch)

    after = trained(perceptron(2, 3, activation), data, 50)

    assert after.training.stats.loss[-1] == 0
    assert sx.evaluate(sx.atom(after), data.data).accuracy == 1


def test_once_everything_is_right_nothing_moves() -> None:
    data = separable(batch=10)
    after = trained(perceptron(2, 3), data, 50)

    again = trained(after, data, 3)

    np.testing.assert_array_equal(again.params.flat, after.params.flat)


def test_and_is_learnt_by_hand() -> None:
    data = sx.training_set(AND, [0, 0, 0, 1], targets="values", online=True, shuffle=False, dtype="float64")
    net = with_weights(perceptron(2, 1), np.zeros((1, 3)))

    # From zeros everything counts as 1: b = -1 by the first sample, then (1, 1) is missed: b = 0, W = (1, 1), ...
    first = trained(net, data, 1)
    after = trained(net, data, 6)

    np.testing.assert_array_equal(weights_of(first), [[0, 1, 1]])
    assert after.training.stats.loss[-1] == 0
    np.testing.assert_array_equal(sx.outputs(sx.atom(after), AND).ravel(), [0, 0, 0, 1])


def test_xor_is_not_learnt() -> None:
    data = sx.training_set(AND, [0, 1, 1, 0], targets="values", online=True, shuffle=False)

    after = trained(perceptron(2, 1), data, 50)

    assert min(after.training.stats.loss) > 0


def test_it_goes_by_its_own_loss_and_the_sum_over_the_batch() -> None:
    assert Perceptron().loss_for(BinaryThreshold()) == PerceptronError()
    assert Perceptron().loss_for(BipolarThreshold()) == PerceptronError(bipolar=True)
    assert Perceptron.reduction == "sum"


def test_smooth_outputs_are_refused() -> None:
    with pytest.raises(LossError, match=r"binary_threshold.*not sigmoid; use backprop"):
        Perceptron().loss_for(Sigmoid())
    with pytest.raises(LossError, match="softmax"):
        sx.mlp([2, 2], "softmax", sx.training("perceptron"))


def test_more_than_one_layer_is_refused() -> None:
    with pytest.raises(OptionError, match="exactly one layer, but this network has 2"):
        sx.mlp([2, 3, 1], "binary_threshold", sx.training("perceptron"))


def with_weights(net: Net, weights: Any) -> Net:
    params = net.params.replace({"0.W": weights[:, 1:].T, "0.b": weights[:, 0]})
    return evolve(net, params=params)
