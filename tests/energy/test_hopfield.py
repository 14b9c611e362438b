"""Hopfield networks: what they store, how they recall it, and that energy only goes down."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx import energy
from synapse_rx.energy.machine import Workplace
from synapse_rx.errors import DataError, LossError, OptionError
from synapse_rx.snapshot import Net
from tests.energy.tiny import HOST, states, trained, with_params
from tests.scratches import central_differences


def patterns(n: int, units: int, seed: int = 0) -> np.ndarray:
    """
    Return n random patterns of -1 and 1.
    """
    return np.random.default_rng(seed).choice([-1.0, 1.0], (n, units))


def stored(x: np.ndarray, rule: str, *, batch: int | None = None, epochs: int = 1, **options: Any) -> Net:
    """
    Return a network of float64 that has stored patterns.
    """
    net = energy.hopfield(x.shape[1], rule, sx.training(**options), dtype="float64").value
    return trained(net, sx.training_set(x, None, batch=batch, shuffle=False, dtype="float64"), epochs)


def energy_of(net: Net, x: np.ndarray) -> np.ndarray:
    """
    Return the energies of states, pair by pair.
    """
    w, b = net.params["0.W"], net.params["0.b"]
    pairs = [(i, j) for i in range(len(b)) for j in range(i)]
    return -sum(w[i, j] * x[:, i] * x[:, j] for i, j in pairs) - x @ b


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 9), st.sampled_from([1, 3, None]))
def test_asynchronous_recall_never_raises_the_energy(seed: int, units: int, every: int | None) -> None:
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(units, units))
    net = energy.hopfield(units, dtype="float64").value
    net = with_params(net, np.concatenate([(half + half.T).ravel(), rng.normal(size=units)]))

    found = energy.recall(net, patterns(4, units, seed), seed=seed, every=every)

    assert (np.diff(found.energies, axis=0) <= 1e-12).all()
    assert found.settled.all()
    np.testing.assert_allclose(found.energies[-1], energy_of(net, found.states), atol=1e-12)


def test_a_state_at_rest_is_lower_than_all_its_neighbours() -> None:
    net = stored(patterns(3, 12), "hebbian")

    rest = energy.recall(net, patterns(20, 12, 1)).states

    for unit in range(12):
        flipped = rest * np.where(np.arange(12) == unit, -1, 1)
        assert (energy_of(net, flipped) >= energy_of(net, rest) - 1e-12).all()


def test_hebbs_rule_is_the_sum_of_outer_products_without_self_couplings() -> None:
    x = patterns(5, 8)
    outer = sum(np.outer(one, one) for one in x) / 8

    net = stored(x, "hebbian", batch=2)

    np.testing.assert_allclose(net.params["0.W"], outer - np.diag(np.diag(outer)), atol=1e-12)


@pytest.mark.parametrize("load", [0.2, 0.3, 0.4])
def test_random_patterns_are_unstable_as_often_as_theory_says(load: float) -> None:
    # The noise of a field is normal with variance load: Hertz, Krogh & Palmer, 1991, equation 2.13.
    units = 400
    x = patterns(round(load * units), units)

    unstable = sx.evaluate(stored(x, "hebbian"), sx.test_set(x)).errors["unstable"]

    assert unstable == pytest.approx(math.erfc((1 / (2 * load)) ** 0.5) / 2, rel=0.15)


def test_below_capacity_patterns_are_recalled_from_probes_with_errors() -> None:
    x = patterns(8, 200)
    probes = x * np.where(np.random.default_rng(1).random(x.shape) < 0.2, -1, 1)

    found = energy.recall(stored(x, "hebbian"), probes)

    assert (found.states == x).mean() > 0.999


@pytest.mark.parametrize("batch", [1, 4, 40])
def test_the_projection_rule_stores_exactly_whatever_the_batches(batch: int) -> None:
    x = patterns(40, 60)
    x[7] = np.where(np.arange(60) < 57, x[6], -x[6])  # patterns that are alike

    net = stored(x, "pseudo_inverse", batch=batch)

    np.testing.assert_allclose(net.params["0.W"], x.T @ np.linalg.pinv(x.T), atol=1e-10)
    np.testing.assert_allclose(x @ net.params["0.W"], x, atol=1e-10)
    assert (energy.recall(net, x).states == x).all()


def test_patterns_seen_again_change_nothing_in_the_projection() -> None:
    x = np.concatenate([patterns(10, 30), patterns(10, 30), -patterns(3, 30)])

    once, twice = (stored(x, "projection", batch=7, epochs=epochs) for epochs in (1, 2))

    np.testing.assert_allclose(once.params.flat, twice.params.flat, atol=1e-10)


def test_the_projection_rule_holds_in_float32() -> None:
    x = patterns(60, 100)
    net = trained(energy.hopfield(100, "pseudo_inverse").value, sx.training_set(x, None, batch=9), 2)

    assert net.params.flat.dtype == np.float32
    np.testing.assert_allclose(x @ net.params["0.W"], x, atol=1e-4)


def test_the_gradient_of_the_probability_flow_is_right() -> None:
    rng, x = np.random.default_rng(0), patterns(6, 5)
    net = energy.hopfield(5, "probability_flow", dtype="float64").value
    half = rng.normal(0, 0.3, (5, 5))
    pairs = np.triu_indices(5, 1)

    def full(free: np.ndarray) -> np.ndarray:
        w = np.zeros((5, 5))
        w[pairs] = free[:10]
        return np.concatenate([(w + w.T).ravel(), free[10:]])

    def flow(free: np.ndarray) -> float:
        here = with_params(net, full(free))
        total = 0.0
        for unit in range(5):
            flipped = x * np.where(np.arange(5) == unit, -1, 1)
            total += np.exp((energy_of(here, x) - energy_of(here, flipped)) / 2).mean()
        return total

    free = np.concatenate([half[pairs], rng.normal(size=5)])
    grad = np.zeros(30)
    machine = net.arch.machine(Workplace(HOST, 6, full(free), energy.ProbabilityFlow(), grad=grad))
    values = np.empty((3, 6))
    machine.learn(x, 1 / 6, values)

    weights, bias = grad[:25].reshape(5, 5), grad[25:]
    expected = central_differences(flow, free)
    np.testing.assert_allclose(weights[pairs], expected[:10], rtol=1e-7)
    np.testing.assert_allclose(bias, expected[10:], rtol=1e-7)
    np.testing.assert_array_equal(weights, weights.T)
    assert values[0].mean() == pytest.approx(flow(free))


def test_flow_below_1_makes_every_pattern_a_memory_also_beyond_hebbs_capacity() -> None:
    x = patterns(50, 100)

    net = stored(x, "probability_flow", learning_rate=0.02, momentum=0.9, epochs=250)

    assert net.training.stats.loss[-1] < 1
    assert (sx.outputs(net, x) == x).all()
    assert sx.evaluate(stored(x, "hebbian"), sx.test_set(x)).errors["unstable"] > 0.05


def test_all_units_at_once_may_go_to_and_fro() -> None:
    net = with_params(energy.hopfield(2, dtype="float64").value, np.array([0, -1.0, -1.0, 0, 0, 0]))

    found = energy.recall(net, [[1, 1]], order="synchronous", sweeps=5)

    assert (found.sweeps, found.settled.tolist()) == (5, [False])
    assert energy.recall(net, [[1, 1]]).settled.all()


def test_known_units_stay() -> None:
    x = patterns(2, 40)
    probe = np.where(np.arange(40) < 20, x[:1], -x[1:])

    found = energy.recall(stored(x, "pseudo_inverse"), probe, known=np.arange(40) < 20)

    np.testing.assert_array_equal(found.states[0, :20], x[0, :20])


def test_what_is_above_0_counts_as_1() -> None:
    net = stored((patterns(3, 20) + 1) / 2, "hebbian")

    np.testing.assert_array_equal(net.params.flat, stored(patterns(3, 20), "hebbian").params.flat)


def test_a_cell_streams_the_energy_on_the_way() -> None:
    cell, energies = sx.atom(None), []
    cell.select(lambda found: found and found.energies[-1, 0]).subscribe(energies.append)

    found = energy.recall(stored(patterns(2, 30), "hebbian"), patterns(1, 30, 5), every=1, into=cell)

    assert energies[0] is None
    np.testing.assert_array_equal(
        energies[1:], found.energies[np.diff(found.energies[:, 0], prepend=9) != 0, 0]
    )


def test_memories_of_a_modern_network_are_recalled_from_noisy_probes() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 32))  # far more than units, and of one length
    x *= 32**0.5 / np.linalg.norm(x, axis=1, keepdims=True)

    found = energy.recall(energy.modern_hopfield(x, 2.0, dtype="float64"), x + rng.normal(0, 0.1, x.shape))

    np.testing.assert_allclose(found.states, x, atol=1e-3)
    assert (np.diff(found.energies, axis=0) <= 1e-9).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.05, 8))
def test_a_modern_network_never_raises_its_energy(seed: int, beta: float) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(6, 4))

    found = energy.recall(energy.modern_hopfield(x, beta, dtype="float64"), rng.normal(size=(5, 4)))

    assert (np.diff(found.energies, axis=0) <= 1e-9).all()
    assert (found.energies >= -1e-9).all()  # Ramsauer et al., 2020, lemma A1


def test_a_step_of_a_modern_network_is_attention() -> None:
    rng = np.random.default_rng(1)
    x, probes = rng.normal(size=(5, 3)), rng.normal(size=(4, 3))
    scores = np.exp(0.7 * probes @ x.T)

    found = sx.outputs(energy.modern_hopfield(x, 0.7, dtype="float64"), probes)

    np.testing.assert_allclose(found, scores @ x / scores.sum(axis=1, keepdims=True), rtol=1e-12)


def test_training_stores_samples_in_a_modern_network() -> None:
    x = np.random.default_rng(0).normal(size=(7, 4)).astype(np.float32)
    net = energy.energy_model(energy.ModernHopfield(4, 7)).value

    after = trained(net, sx.training_set(x, None, batch=3, shuffle=False))

    np.testing.assert_array_equal(after.params["0.X"], x)
    with pytest.raises(DataError, match="7 memories, but there are 3 samples"):
        trained(net, sx.training_set(x[:3], None))


def test_rules_are_refused_where_they_do_not_belong() -> None:
    with pytest.raises(LossError, match="learns by hebbian, not by contrastive_divergence"):
        energy.hopfield(4, "contrastive_divergence")
    with pytest.raises(LossError, match="trains Hopfield networks"):
        sx.mlp([2, 1], "sigmoid", sx.training(loss="hebbian"))
    with pytest.raises(OptionError, match="no states to recall"):
        energy.recall(energy.rbm(3, 2), states(3))
