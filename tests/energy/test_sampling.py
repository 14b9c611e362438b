"""Draws of Boltzmann machines, against the exact distributions of tiny ones."""

from __future__ import annotations

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx import energy
from synapse_rx.errors import OptionError, ShapeError
from synapse_rx.snapshot import Net
from tests.energy.tiny import joint, machine, states, with_params

CHAINS = 20_000


def frequencies(drawn: np.ndarray) -> np.ndarray:
    """
    Return how often each state of units of 0 (or -1) and 1 was drawn, in the order of `states`.
    """
    codes = (drawn > 0) @ (2 ** np.arange(drawn.shape[1])[::-1])
    return np.bincount(codes, minlength=2 ** drawn.shape[1]) / len(drawn)


def coupled(seed: int = 0) -> Net:
    """
    Return a Hopfield network of 4 units with random couplings and biases.
    """
    net = energy.hopfield(4, dtype="float64").value
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 0.6, (4, 4))
    return with_params(net, np.concatenate([(weights + weights.T).ravel(), rng.normal(0, 0.4, 4)]))


def exact(net: Net, temperature: float = 1.0) -> np.ndarray:
    """
    Return the exact probabilities of the states of a Hopfield network.
    """
    x, w, b = states(4, -1), net.params["0.W"], net.params["0.b"]
    off = w - np.diag(np.diag(w))
    weights = np.exp((np.einsum("ni,ij,nj->n", x, off, x) / 2 + x @ b) / temperature)
    return weights / weights.sum()


@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_states_of_a_restricted_machine_come_as_often_as_they_are_likely(temperature: float) -> None:
    net = machine(4, 3)

    drawn = energy.sample(net, CHAINS, steps=40, temperature=temperature)

    np.testing.assert_allclose(frequencies(drawn), joint(net, temperature).sum(axis=1), atol=0.015)


@pytest.mark.parametrize("temperature", [0.7, 2.0])
def test_states_of_a_hopfield_network_come_as_often_as_they_are_likely(temperature: float) -> None:
    net = coupled()

    drawn = energy.sample(net, CHAINS, steps=60, temperature=temperature)

    np.testing.assert_allclose(frequencies(drawn), exact(net, temperature), atol=0.015)


def test_known_units_stay_and_the_others_follow_them() -> None:
    net = machine(4, 3)
    known = np.array([True, False, True, False])
    start = np.tile([1.0, 0.0, 0.0, 0.0], (CHAINS, 1))

    drawn = energy.sample(net, start=start, known=known, steps=40)

    wanted = joint(net).sum(axis=1) * (states(4)[:, [0, 2]] == [1, 0]).all(axis=1)
    np.testing.assert_array_equal(drawn[:, known], start[:, known])
    np.testing.assert_allclose(frequencies(drawn), wanted / wanted.sum(), atol=0.015)


def test_gaussian_units_are_drawn_around_what_hidden_units_make_of_them() -> None:
    net = with_params(
        energy.rbm(2, 1, units="gaussian", dtype="float64").value, np.array([0, 0, 3.0, -2.0, -50])
    )

    drawn = energy.sample(net, CHAINS, steps=2)

    np.testing.assert_allclose(drawn.mean(axis=0), [3, -2], atol=0.04)
    np.testing.assert_allclose(drawn.var(axis=0), [1, 1], atol=0.06)


def test_annealing_ends_in_the_likeliest_state() -> None:
    net = coupled(4)

    drawn = energy.sample(net, 200, steps=80, temperature=sx.schedules.Exponential(5.0, 0.95))

    assert frequencies(drawn)[exact(net).argmax()] > 0.95


def test_one_seed_draws_one_result_and_the_network_stays_as_it_is() -> None:
    net = machine(5, 4)
    before = evolve(net)

    one, other = (energy.sample(net, 6, steps=5, seed=seed) for seed in (3, 3))

    np.testing.assert_array_equal(one, other)
    assert (energy.sample(net, 6, steps=5, seed=4) != one).any()
    assert net == before


def test_a_deep_net_brings_its_draws_down_to_the_visible_units() -> None:
    net = energy.deep_belief_net([6, 4, 3])

    drawn = energy.sample(net, 5, steps=3)

    assert drawn.shape == (5, 6)
    assert ((drawn > 0) & (drawn < 1)).all()


def test_a_cell_is_told_the_states_on_the_way() -> None:
    cell, told = sx.atom(None), []
    cell.add_watch("told", lambda key, atom, old, new: told.append(new))

    last = energy.sample(machine(3, 2), 4, steps=6, every=2, into=cell)

    assert len(told) == 3
    np.testing.assert_array_equal(told[-1], last)


def test_means_are_those_that_states_are_drawn_from() -> None:
    means = energy.sample(machine(3, 2), 100, steps=5, means=True)

    assert ((means > 0) & (means < 1)).all()


def test_what_is_known_comes_back_and_the_rest_is_its_mean() -> None:
    net = machine(4, 3)
    known = np.array([True, False, True, False])
    sample = np.array([[1.0, 0.5, 0.0, 0.5]])

    found = energy.complete(net, sample, known, steps=6000)

    chosen = joint(net).sum(axis=1) * (states(4)[:, [0, 2]] == [1, 0]).all(axis=1)
    np.testing.assert_array_equal(found[0, known], [1, 0])
    np.testing.assert_allclose(found[0, ~known], (chosen @ states(4) / chosen.sum())[~known], atol=0.04)


@pytest.mark.parametrize("temperature", [0, -1.0, float("nan"), "hot"])
def test_a_temperature_must_be_above_0(temperature: object) -> None:
    with pytest.raises(OptionError, match="temperature is a number > 0"):
        energy.sample(machine(3, 2), temperature=temperature)  # type: ignore[arg-type]


def test_what_is_known_must_be_known_of_something() -> None:
    with pytest.raises(OptionError, match="start="):
        energy.sample(machine(3, 2), known=[True, False, False])
    with pytest.raises(ShapeError, match="3 units"):
        energy.sample(machine(3, 2), start=np.zeros((2, 3)), known=[True, False])


def test_other_networks_are_told_apart() -> None:
    with pytest.raises(OptionError, match="energy models"):
        energy.sample(sx.mlp([3, 2]))
    with pytest.raises(OptionError, match="no states to draw"):
        energy.sample(energy.modern_hopfield(np.eye(3)))
