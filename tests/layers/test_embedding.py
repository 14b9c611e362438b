from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import DataError, LossError, OptionError
from synapse_rx.layers import GRU, Embedding
from tests.contracts.layer import Chain


def test_every_number_has_its_vector() -> None:
    chain = Chain(Embedding(4, 2), (3,), 2)
    w = chain.theta.reshape(4, 2)

    y = chain.forward(np.array([[0.0, 3, 3], [1, 0, 2]]))

    np.testing.assert_array_equal(y, w[[[0, 3, 3], [1, 0, 2]]])


def test_gradients_of_a_number_that_occurs_often_add_up() -> None:
    chain, dy = Chain(Embedding(4, 2), (3,), 2, needs_dx=False), np.arange(12.0).reshape(2, 3, 2)
    chain.forward(np.array([[0.0, 3, 3], [1, 0, 3]]))

    chain.backward(dy)

    wanted = [dy[0, 0] + dy[1, 1], dy[1, 0], [0, 0], dy[0, 1] + dy[0, 2] + dy[1, 2]]
    np.testing.assert_array_equal(chain.grad.reshape(4, 2), wanted)


def test_one_input_gives_one_sum_bit_for_bit() -> None:
    rng = np.random.default_rng(1)
    x, dy = rng.integers(0, 3, (50, 20)).astype("f4"), rng.standard_normal((50, 20, 7)).astype("f4")
    grads = []
    for _ in range(2):
        chain = Chain(Embedding(3, 7), (20,), 50, dtype=np.float32, needs_dx=False)
        chain.forward(x)
        chain.backward(dy)
        grads.append(chain.grad)

    np.testing.assert_array_equal(*grads)


def test_the_vector_of_padding_is_zeros_and_stays_so() -> None:
    layer = Embedding(4, 2, padding=1)
    net = sx.neural_net([sx.Input(3), layer, GRU(2, padding=0), sx.Dense(1)], sx.training("adam"))
    x = np.array([[0, 3, 1], [2, 1, 1]], float)

    trained = sx.deref(sx.train(net, sx.training_set(x, np.ones((2, 1)), batch=2), 3))

    moved = trained.params[0]["W"]
    assert not moved[1].any() and moved[[0, 2, 3]].all()


@pytest.mark.parametrize("wrong", [4.0, -1.0, 0.5, np.nan, np.inf, -np.inf])
def test_other_inputs_are_refused(wrong: float) -> None:
    x = np.zeros((3, 2))
    x[1, 1] = wrong

    with pytest.raises(DataError, match=rf"whole numbers from 0 to 3, but sample 1 of a batch holds {wrong}"):
        Chain(Embedding(4, 2), (2,), 3).forward(x)


def test_nothing_in_front_of_it_can_learn() -> None:
    net = sx.neural_net([sx.Input(3), sx.Dense(2), Embedding(4, 2), sx.Dense(1)])

    with pytest.raises(LossError, match="no gradient"):
        sx.train(net, sx.training_set(np.zeros((2, 3)), np.ones((2, 1))), 1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"numbers": 0}, "numbers of embedding must be a whole number >= 1"),
        ({"numbers": 2**24 + 1}, "at most 16777216, as float32 holds them"),
        ({"units": 2.5}, "units of embedding must be a whole number >= 1"),
        ({"padding": 4}, "padding of embedding must be one of its numbers, 0 to 3, not 4"),
        ({"padding": -1}, "padding of embedding must be one of its numbers"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        Embedding(**{"numbers": 4, "units": 2, **options})


@pytest.mark.peer("torch")
def test_it_is_that_of_pytorch() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    x, dy = rng.integers(0, 6, (4, 5)), rng.standard_normal((4, 5, 3))
    chain, peer = Chain(Embedding(6, 3, padding=2), (5,), 4, needs_dx=False), torch.nn.Embedding(6, 3, 2)
    chain.theta[...] = rng.standard_normal(18)
    peer.weight.data = torch.tensor(chain.theta.reshape(6, 3))

    y = chain.forward(x.astype(float)).copy()
    chain.backward(dy)
    wanted = peer(torch.tensor(x))
    wanted.backward(torch.tensor(dy))

    np.testing.assert_array_equal(y, wanted.detach().numpy())
    np.testing.assert_allclose(chain.grad.reshape(6, 3), peer.weight.grad.numpy(), rtol=1e-12)
