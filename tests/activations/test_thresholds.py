from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.activations import (
    Activation,
    BinaryProbability,
    BinaryStochastic,
    BinaryThreshold,
    BipolarThreshold,
)
from tests.scratches import quiet, scratch

Z = np.array([[-np.inf, -2.0, -1e-300, -0.0, 0.0, 1e-300, 2.0, np.inf]])


def forward(f: Activation, z: Any, seed: int = 0) -> Any:
    y = np.empty_like(z)
    with quiet():
        f.forward(z, y, scratch(len(z), z.dtype, seed=seed))
    return y


@pytest.mark.parametrize("f", [BinaryThreshold(), BinaryProbability()], ids=str)
def test_a_binary_threshold_is_reached_at_zero(f: Activation) -> None:
    np.testing.assert_array_equal(forward(f, Z), [[0, 0, 0, 1, 1, 1, 1, 1]])


def test_a_bipolar_threshold_is_reached_at_zero() -> None:
    np.testing.assert_array_equal(forward(BipolarThreshold(), Z), [[-1, -1, -1, 1, 1, 1, 1, 1]])


def test_a_stochastic_unit_is_one_with_the_probability_of_the_sigmoid() -> None:
    z = np.repeat([[-2.0, 0.0, 1.0]], 40_000, axis=0)

    mean = forward(BinaryStochastic(), z).mean(0)

    np.testing.assert_allclose(mean, 1 / (1 + np.exp([2.0, 0.0, -1.0])), atol=0.01)


def test_a_stochastic_unit_gives_zeros_and_ones_only(rng: np.random.Generator) -> None:
    assert set(np.unique(forward(BinaryStochastic(), rng.standard_normal((50, 4))))) == {0, 1}


def test_a_stochastic_unit_is_certain_at_infinity() -> None:
    y = forward(BinaryStochastic(), np.repeat([[-np.inf, np.inf]], 500, axis=0))

    np.testing.assert_array_equal(y.mean(0), [0, 1])


def test_another_seed_draws_other_samples() -> None:
    z = np.zeros((50, 4))

    assert (forward(BinaryStochastic(), z, seed=1) != forward(BinaryStochastic(), z, seed=2)).any()


def test_a_stochastic_unit_draws_anew_at_every_pass() -> None:
    z, first, second, s = np.zeros((50, 4)), np.empty((50, 4)), np.empty((50, 4)), scratch(50)

    BinaryStochastic().forward(z, first, s)
    BinaryStochastic().forward(z, second, s)

    assert (first != second).any()
