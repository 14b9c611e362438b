from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.activations import Softmax
from synapse_rx.errors import ShapeError
from synapse_rx.layers import GRU, Activation, Dense, Fork, TimeDistributed
from tests.contracts.layer import Chain, samples


def test_every_step_goes_through_the_same_layer() -> None:
    x = samples((3, 2))
    y = Chain(TimeDistributed(Dense(4, "tanh")), (3, 2)).forward(x)

    one = Chain(Dense(4, "tanh"), (2,))
    for t in range(3):
        np.testing.assert_allclose(y[:, t], one.forward(x[:, t]), rtol=1e-12)


def test_its_parameters_are_found_in_its_place() -> None:
    net = sx.neural_net([sx.Input((5, 3)), GRU(4, returns="sequence"), TimeDistributed(Dense(2))])

    assert net.value.params[1]["W"].shape == (4, 2)


def test_a_summary_counts_every_step() -> None:
    net = sx.neural_net([sx.Input((5, 3)), GRU(4, returns="sequence"), TimeDistributed(Dense(2))])

    row = sx.summary(net).layers[1]

    assert (row.layer, row.out_shape) == ("TimeDistributed(Dense(2))", (5, 2))
    assert (row.parameters, row.multiply_adds) == (4 * 2 + 2, 5 * 4 * 2)


def test_an_activation_at_its_end_stands_outside_for_the_loss() -> None:
    linear, activation = TimeDistributed(Dense(3, "softmax")).expand()

    assert activation == Activation("softmax")
    assert linear == TimeDistributed(Dense(3, initializer=Dense(3, "softmax").expand()[0].initializer))


def test_an_activation_along_an_axis_counted_from_the_first_stays_inside() -> None:
    layer = TimeDistributed(Dense(3, Softmax(axis=0)))

    assert layer.expand() == (layer,)


def test_a_network_with_an_output_for_every_step_learns() -> None:
    rng = np.random.default_rng(1)
    x = rng.integers(0, 2, (200, 6, 1)).astype(float)
    parity = x.cumsum(1)[:, :, 0] % 2
    layers = [GRU(8, returns="sequence"), TimeDistributed(Dense(1, "sigmoid"))]
    net = sx.neural_net([sx.Input((6, 1)), *layers], sx.training("adam", learning_rate=0.03, seed=1))

    trained = sx.deref(sx.train(net, sx.training_set(x, parity, batch=20), 60))

    assert np.mean((sx.outputs(trained, x)[:, :, 0] > 0.5) == parity) > 0.98


def test_targets_of_all_steps_stand_in_one_row() -> None:
    net = sx.neural_net([sx.Input((6, 1)), TimeDistributed(Dense(2))])

    with pytest.raises(ShapeError, match=r"shape \(6 x 2\) as output, but there are 6 targets"):
        sx.train(net, sx.training_set(np.zeros((3, 6, 1)), np.zeros((3, 6))), 1)


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (TimeDistributed(Dense(3)), (4,), "takes sequences"),
        (TimeDistributed(GRU(3)), (4, 2), r"takes samples \(steps, features\)"),
        (TimeDistributed(Fork([Dense(1), Dense(2)])), (4, 2), "ends in 2 values"),
    ],
)
def test_what_does_not_fit_is_refused(layer: Any, shape: Any, words: str) -> None:
    with pytest.raises(ShapeError, match=words):
        sx.Arch(shape, [layer])
