from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from synapse_rx.activations import Activation, Sigmoid, Softplus, Swish, Tanh
from tests.scratches import quiet, scratch


def forward(f: Activation, *z: float, dtype: Any = np.float64) -> Any:
    logits = np.array([z], dtype)
    y = np.empty_like(logits)
    with quiet():
        f.forward(logits, y, scratch(1, dtype))
    return y[0]


@pytest.mark.parametrize("z", [-700.0, -40.0, -17.5, -1e-9, 0.0, 1e-9, 3.0, 40.0])
def test_the_sigmoid_is_right_to_the_last_digits_in_both_tails(z: float) -> None:
    y = forward(Sigmoid(), z)[0]

    exact = 1 / (1 + math.exp(-z)) if z > -700 else math.exp(z)
    assert y == pytest.approx(exact, rel=4e-16)


def test_the_left_tail_of_the_sigmoid_survives_in_float32() -> None:
    z = np.array([-20.0, -60.0, -87.0])

    np.testing.assert_allclose(forward(Sigmoid(), *z, dtype=np.float32), np.exp(z), rtol=1e-6)


def test_sigmoid_of_minus_z_is_the_complement(rng: np.random.Generator) -> None:
    z = rng.standard_normal(50)

    np.testing.assert_allclose(forward(Sigmoid(), *z) + forward(Sigmoid(), *-z), 1, rtol=1e-15)


@pytest.mark.parametrize(
    ("f", "low", "high"),
    [(Sigmoid(), 0, 1), (Tanh(), -1, 1), (Softplus(), 0, np.inf), (Activation.of("relu"), 0, np.inf)],
    ids=str,
)
def test_infinite_logits_give_the_limits(f: Activation, low: float, high: float) -> None:
    np.testing.assert_array_equal(forward(f, -np.inf, np.inf), [low, high])


def test_softplus_keeps_its_left_tail() -> None:
    np.testing.assert_allclose(forward(Softplus(), -50, -300), np.exp([-50, -300]), rtol=1e-15)


def test_softplus_is_the_identity_far_to_the_right() -> None:
    np.testing.assert_array_equal(forward(Softplus(), 1000), [1000])


def test_a_sharp_swish_is_nearly_the_rectifier() -> None:
    np.testing.assert_allclose(forward(Swish(1000), -1, 1), [0, 1], atol=1e-12)
