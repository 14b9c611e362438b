"""Deep belief nets as the beginning of perceptrons and autoencoders."""

from __future__ import annotations

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx import energy
from synapse_rx.errors import OptionError
from tests.energy.tiny import trained

X = np.random.default_rng(0).random((30, 6)).astype(np.float32)


def test_a_perceptron_begins_with_the_hidden_probabilities() -> None:
    net = trained(energy.deep_belief_net([6, 5, 4]).value, sx.training_set(X, None, batch=5))

    made = energy.to_mlp(net, 3)

    np.testing.assert_array_equal(sx.outputs(sx.truncate(made.value, 2), X), sx.outputs(net, X))
    assert sx.outputs(made, X).shape == (30, 3)


@pytest.mark.parametrize("units", ["binary", "gaussian"])
def test_an_autoencoder_begins_with_the_reconstruction(units: str) -> None:
    net = energy.deep_belief_net([6, 5, 4], visible=units)

    made = energy.to_autoencoder(net)

    np.testing.assert_allclose(sx.outputs(made, X), energy.reconstruct(net, X), rtol=1e-6)


def test_normalisation_is_handed_on() -> None:
    data = sx.training_set(X, None, normalize="standardize")
    net = trained(energy.rbm(6, 4, units="gaussian").value, data)

    assert energy.to_mlp(net, 2).value.normalization == data.normalization


@pytest.mark.slow
def test_what_is_learnt_without_labels_helps_where_there_are_few() -> None:
    digits = sx.load_training_set("digits", seed=0)
    x, y = digits.data.scaled(), digits.y.argmax(axis=1)
    unlabelled = sx.training_set(x, None, batch=20, shuffle="epoch")
    few = sx.training_set(x[:100], y[:100], batch=20, shuffle="epoch")
    rest = sx.test_set(x[100:], y[100:], known_labels=range(10))
    net = energy.rbm(64, 100, sx.training(learning_rate=0.1, momentum=0.5))
    sx.deref(sx.train(net, unlabelled, 60))

    tuned, fresh = (
        energy.to_mlp(net, 10, training="adam"),
        sx.mlp([64, 100, 10], ["sigmoid", "softmax"], "adam"),
    )
    for cell in (tuned, fresh):
        sx.deref(sx.train(cell, few, 60))

    accuracies = [sx.evaluate(cell, rest).accuracy for cell in (tuned, fresh)]
    assert accuracies[0] > accuracies[1] + 0.01


def test_other_networks_have_no_levels() -> None:
    with pytest.raises(OptionError, match="no stack"):
        energy.to_mlp(energy.hopfield(4), 2)
