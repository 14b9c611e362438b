from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError, UnknownNameError
from synapse_rx.initializers import Constant, Glorot, He, ScaledNormal, Zeros
from synapse_rx.layers import Activation, Dense
from tests.contracts.layer import Chain


def test_it_is_a_matrix_product_and_a_bias() -> None:
    chain, x = Chain(Dense(2), (2, 2), 3), np.arange(12.0).reshape(3, 2, 2)
    w, b = chain.theta[:8].reshape(4, 2), chain.theta[8:]

    np.testing.assert_allclose(chain.forward(x), x.reshape(3, 4) @ w + b, rtol=1e-14)


def test_the_activation_becomes_a_layer_of_its_own() -> None:
    linear, activation = Dense(3, "relu").expand()

    assert linear == Dense(3, initializer="he")
    assert activation == Activation("relu")


def test_a_linear_one_is_primitive() -> None:
    assert Dense(3).expand() == (Dense(3),)


@pytest.mark.parametrize(
    ("activation", "initializer"),
    [("relu", He()), ("tanh", Glorot()), ("linear", Glorot()), ("binary_threshold", ScaledNormal())],
)
def test_weights_are_drawn_as_the_activation_likes_it(activation: str, initializer: Any) -> None:
    weights, bias = Dense(3, activation).specs((4,))

    assert weights.initializer == initializer
    assert bias.initializer == Zeros()


def test_initializers_may_be_chosen() -> None:
    weights, bias = Dense(3, "relu", "orthogonal", Constant(0.5)).specs((4,))

    assert weights.initializer.kind == "orthogonal"
    assert bias.initializer == Constant(0.5)


def test_penalties_leave_biases_alone() -> None:
    assert [spec.regularized for spec in Dense(3).specs((4,))] == [True, False]


def test_fans_are_the_numbers_of_inputs_and_outputs() -> None:
    assert {(spec.fan_in, spec.fan_out) for spec in Dense(3).specs((2, 5))} == {(10, 3)}


@pytest.mark.parametrize("units", [0, -1, 2.5, "3", None, True, (3,)])
def test_units_must_be_a_whole_number_of_at_least_one(units: Any) -> None:
    with pytest.raises(OptionError, match="units= takes a whole number of at least 1, not"):
        Dense(units)


def test_units_may_be_an_integer_of_numpy() -> None:
    assert Dense(np.int64(3)) == Dense(3)
    assert type(Dense(np.int64(3)).units) is int


@pytest.mark.parametrize("field", ["activation", "initializer", "bias_initializer"])
def test_an_unknown_name_is_answered_by_the_nearest(field: str) -> None:
    name, meant = {"activation": ("sigmod", "sigmoid")}.get(field, ("glorott", "glorot"))

    with pytest.raises(UnknownNameError, match=f"did you mean '{meant}'"):
        Dense(3, **{field: name})


def test_it_is_known_to_the_public() -> None:
    assert sx.Layer.of("dense", units=3, activation="tanh") == sx.Dense(3, "tanh")
