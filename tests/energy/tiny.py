"""Energy models small enough to be known exactly: every state is looked at."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from attrs import evolve

import synapse_rx as sx
from synapse_rx import energy
from synapse_rx.backends import NumpyBackend
from synapse_rx.energy.machine import Workplace
from synapse_rx.network import NetworkLearner
from synapse_rx.snapshot import Net
from tests.nets import finish_epoch

HOST = NumpyBackend()


def states(n: int, low: int = 0) -> np.ndarray:
    """
    Return all states of n units of ``low`` and 1, (2**n, n).
    """
    return np.array(list(product((low, 1), repeat=n)), np.float64)


def machine(visible: int, hidden: int, seed: int = 0, **options: Any) -> Net:
    """
    Return a restricted Boltzmann machine of float64 with weights that matter.
    """
    net = energy.rbm(visible, hidden, dtype="float64", **options).value
    rng = np.random.default_rng(seed)
    return with_params(net, rng.normal(0, 0.8, net.params.flat.size))


def with_params(net: Net, flat: np.ndarray) -> Net:
    """
    Return ``net`` with other parameters.
    """
    return evolve(net, params=net.params.with_flat(flat))


def learner(net: Net, data: sx.TrainingSet) -> NetworkLearner:
    """
    Return what trains ``net``.
    """
    return net.arch.learner(net, data, HOST)


def trained(net: Net, data: sx.TrainingSet, epochs: int = 1) -> Net:
    """
    Return ``net`` after some epochs.
    """
    learning = learner(net, data)
    for _ in range(epochs):
        net = finish_epoch(learning, net)
    return net


def joint(net: Net, temperature: float = 1.0) -> np.ndarray:
    """
    Return the exact probabilities of all visible and hidden states, (2**visible, 2**hidden), from the energies.
    """
    arch, p = net.arch, net.params[0]
    v, h = states(arch.visible), states(arch.hidden)
    energies = -(v @ p["b"])[:, None] - (h @ p["c"])[None, :] - v @ p["W"] @ h.T
    weights = np.exp(-energies / temperature)
    return weights / weights.sum()


def gradient(
    net: Net, v: np.ndarray, loss: energy.EnergyLoss, *, seed: int = 0, scale: float | None = None
) -> dict[str, np.ndarray]:
    """
    Return the gradient that a batch gives, by the names of parameters.
    """
    grad = np.zeros_like(net.params.flat)
    kept = net.kept.flat.copy()
    made = net.arch.machine(
        Workplace(HOST, len(v), net.params.flat.copy(), loss, grad=grad, rng=HOST.generator(seed), kept=kept)
    )
    values = np.empty((len(made.kinds), len(v)), grad.dtype)
    made.learn(v, 1 / len(v) if scale is None else scale, values)
    return net.arch.layout.views(grad, (0,))
