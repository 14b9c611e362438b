"""What restricted Boltzmann machines learn by, against machines whose every state is looked at."""

from __future__ import annotations

import numpy as np
import pytest
from attrs import evolve

from synapse_rx import energy
from synapse_rx.energy import ContrastiveDivergence
from tests.energy.tiny import gradient, joint, machine, states, with_params
from tests.scratches import central_differences

COPIES = 20_000


def test_the_free_energy_is_that_of_all_hidden_states_together() -> None:
    net = machine(4, 3)
    v, h, p = states(4), states(3), net.params[0]
    energies = -(v @ p["b"])[:, None] - (h @ p["c"]) - v @ p["W"] @ h.T

    np.testing.assert_allclose(energy.free_energy(net, v), -np.log(np.exp(-energies).sum(axis=1)), rtol=1e-12)


def test_the_free_energy_of_gaussian_units_is_that_of_all_hidden_states_together() -> None:
    net = machine(3, 4, units="gaussian")
    v, h, p = np.random.default_rng(1).normal(size=(5, 3)), states(4), net.params[0]
    energies = ((v - p["b"]) ** 2).sum(axis=1)[:, None] / 2 - (h @ p["c"]) - v @ p["W"] @ h.T

    np.testing.assert_allclose(energy.free_energy(net, v), -np.log(np.exp(-energies).sum(axis=1)), rtol=1e-12)


def test_chains_of_the_exact_distribution_give_the_gradient_of_the_likelihood() -> None:
    # With chains that hold every state as often as it is likely, persistent contrastive divergence is maximum
    # likelihood: here they are 40 000 draws, and 10 steps of sampling leave them so.
    net = machine(3, 2, chains=40_000)
    data = states(3)[[1, 3, 3, 6]]
    rng = np.random.default_rng(0)
    visible = joint(net).sum(axis=1)
    drawn = states(3)[rng.choice(8, 40_000, p=visible)]
    net = evolve(net, kept=net.kept.with_flat(drawn.ravel()))

    def loss(theta: np.ndarray) -> float:
        probabilities = joint(with_params(net, theta)).sum(axis=1)
        return -float(np.log(probabilities[[1, 3, 3, 6]]).mean())

    exact = net.arch.layout.views(central_differences(loss, net.params.flat), (0,))
    found = gradient(net, data, ContrastiveDivergence(k=10))

    for name in ("W", "b", "c"):
        np.testing.assert_allclose(found[name], exact[name], atol=0.015)


@pytest.mark.parametrize("k", [1, 3])
def test_contrastive_divergence_is_right_on_average(k: int) -> None:
    net = machine(3, 2)
    v, h, p = states(3), states(2), joint(net)
    up = p / p.sum(axis=1, keepdims=True)  # p(h | v)
    down = (p / p.sum(axis=0)).T  # p(v | h)
    reached = np.linalg.matrix_power(up @ down, k)[5]  # visible states k steps behind state 5
    means = up @ h
    expected = {
        "W": v.T @ (means * reached[:, None]) - np.outer(v[5], means[5]),
        "b": reached @ v - v[5],
        "c": reached @ means - means[5],
    }

    found = gradient(net, np.tile(v[5], (COPIES, 1)), ContrastiveDivergence(k))

    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=4 * 0.5 / COPIES**0.5)


def test_a_sum_over_samples_is_as_many_means() -> None:
    net = machine(4, 3)
    v = states(4)

    mean = gradient(net, v, ContrastiveDivergence(), seed=5)
    total = gradient(net, v, ContrastiveDivergence(), seed=5, scale=1.0)

    np.testing.assert_allclose(total["W"], 16 * mean["W"])


def test_persistent_chains_go_on_where_they_stood() -> None:
    net = machine(3, 2, chains=7)
    kept = net.kept.flat.copy()

    first = gradient(net, states(3), ContrastiveDivergence(), seed=1)
    again = gradient(net, states(3), ContrastiveDivergence(), seed=1)

    np.testing.assert_array_equal(first["W"], again["W"])
    np.testing.assert_array_equal(net.kept.flat, kept)
    assert net.kept[0]["chains"].shape == (7, 3)


def test_means_instead_of_draws_give_a_gradient_without_the_noise_of_visible_units() -> None:
    net = machine(3, 2)
    v = np.tile(states(3)[5], (COPIES, 1))

    spread = [
        np.std(
            [
                gradient(net, v[:50], ContrastiveDivergence(sample_visible=drawn), seed=seed)["b"]
                for seed in range(40)
            ],
            axis=0,
        ).mean()
        for drawn in (True, False)
    ]

    assert spread[1] < spread[0] / 2
