from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import ShapeError
from synapse_rx.layers import SynapseRNN
from tests.contracts.layer import Chain


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def test_a_step_is_the_synapse_product_of_squashed_input_and_state(rng: np.random.Generator) -> None:
    features, units, steps, n = 3, 4, 5, 2
    chain, x = Chain(SynapseRNN(units), (steps, features), n), rng.standard_normal((n, steps, features))
    chain.theta[...] = rng.standard_normal(chain.theta.size)
    sizes = np.cumsum([features * 3 * units, units * 3 * units, 3 * units])
    w, u, b, v = np.split(chain.theta, sizes)
    w, u, s = w.reshape(features, -1), u.reshape(units, -1), sigmoid(v.reshape(units, units))

    h = np.zeros((n, units))
    for t in range(steps):
        e, p, keep = np.split(sigmoid(x[:, t] @ w + h @ u + b), 3, axis=1)
        c = e * np.prod(1 - s[None] * p[:, :, None], axis=1)
        h = (1 - keep) * c + keep * h

    np.testing.assert_allclose(chain.forward(x), h, rtol=1e-12)


def test_states_are_probabilities(rng: np.random.Generator) -> None:
    y = Chain(SynapseRNN(6, returns="sequence"), (9, 3), 4).forward(10 * rng.standard_normal((4, 9, 3)))

    assert 0 < y.min() < y.max() < 1


def test_synapses_start_weak_and_the_state_is_kept_at_first() -> None:
    specs = {spec.name: spec for spec in SynapseRNN(4).specs((5, 3))}
    net = sx.neural_net([sx.Input((5, 3)), SynapseRNN(4), sx.Dense(2)]).value

    assert list(specs) == ["W", "U", "b", "V"]
    assert sigmoid(net.params["0.V"]).max() < 0.0101
    np.testing.assert_array_equal(net.params["0.b"], [0] * 8 + [1] * 4)
    assert not specs["V"].regularized


def test_what_is_no_sequence_is_refused() -> None:
    with pytest.raises(ShapeError, match="SynapseRNN takes samples"):
        SynapseRNN(4).out_shape((5,))


@pytest.mark.slow
def test_it_learns_to_read_digits_row_by_row() -> None:
    net = sx.neural_net(
        [sx.Input((8, 8)), SynapseRNN(40), sx.Dense(10, "softmax")], sx.training("adam", learning_rate=0.01)
    )

    snapshot = sx.deref(sx.train(net, sx.load_training_set("digits"), 15))

    assert sx.evaluate(snapshot, sx.load_test_set("digits")).accuracy > 0.9
