"""Units that move one after the other: compiled and not, they do the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synapse_rx import energy
from synapse_rx.energy import moving
from synapse_rx.energy.machine import Workplace
from synapse_rx.fast import compiled
from synapse_rx.scratch import Buffers, Scratch
from tests.energy.tiny import HOST

needs_compiler = pytest.mark.skipif(
    compiled(moving.move_kernel) is None, reason="numba is not installed, or switched off"
)


def moved(
    seed: int, n: int, units: int, dtype: str, pays: bool, patch: pytest.MonkeyPatch
) -> list[np.ndarray]:
    """
    Return states and fields after every unit moved once, by one way or the other.
    """
    patch.setattr(moving, "_pays", lambda x, order: pays)
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(units, units)).astype(dtype)
    x = rng.choice([-1.0, 1.0], (n, units)).astype(dtype)
    weights = half + half.T
    fields = x @ weights - x * np.diag(weights)
    thresholds = np.where(rng.random((n, units)) < 0.3, fields, rng.normal(size=(n, units))).astype(dtype)
    clamped = rng.random((n, units)) < 0.2
    s = Scratch(HOST, Buffers(HOST, n, x.dtype), n)
    moving.move(x, fields, weights, rng.permutation(units), thresholds, clamped, s)
    return [x, fields]


@needs_compiler
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 9999), st.integers(1, 5), st.integers(1, 8), st.sampled_from(["float32", "float64"]))
def test_machine_code_moves_units_to_the_same_bits(seed: int, n: int, units: int, dtype: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        one, other = (moved(seed, n, units, dtype, pays, patch) for pays in (True, False))

    for here, there in zip(one, other, strict=True):
        np.testing.assert_array_equal(here, there)


def test_fields_stay_those_of_the_states() -> None:
    with pytest.MonkeyPatch.context() as patch:
        x, fields = moved(1, 6, 20, "float64", False, patch)
    half = np.random.default_rng(1).normal(size=(20, 20))
    weights = half + half.T

    np.testing.assert_allclose(fields, x @ weights - x * np.diag(weights), atol=1e-12)


def test_one_machine_answers_batches_of_all_sizes() -> None:
    rng = np.random.default_rng(0)
    net = energy.hopfield(12, dtype="float64").value
    half = rng.normal(size=(12, 12))
    machine = net.arch.machine(
        Workplace(
            HOST,
            7,
            np.concatenate([(half + half.T).ravel(), np.zeros(12)]),
            energy.Hebbian(),
            rng=HOST.generator(0),
        )
    )
    x = rng.choice([-1.0, 1.0], (7, 12))

    whole = machine.forward(x).copy()

    np.testing.assert_array_equal(machine.forward(x[:3]), whole[:3])
    machine.sweep(x, 1.0)
    machine.sweep(x[:2], 1.0)
