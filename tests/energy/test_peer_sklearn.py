"""Restricted Boltzmann machines beside those of scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx import energy
from tests.energy.tiny import machine

pytestmark = pytest.mark.peer("sklearn")


def test_free_energies_and_features_are_those_of_scikit_learn() -> None:
    from sklearn.neural_network import BernoulliRBM

    net = machine(7, 5)
    x = np.random.default_rng(0).integers(2, size=(20, 7)).astype(np.float64)
    other = BernoulliRBM(5).fit(x)
    other.components_ = net.params["0.W"].T
    other.intercept_visible_, other.intercept_hidden_ = net.params["0.b"], net.params["0.c"]

    np.testing.assert_allclose(energy.free_energy(net, x), other._free_energy(x), rtol=1e-10)
    np.testing.assert_allclose(sx.outputs(net, x), other.transform(x), rtol=1e-10)
