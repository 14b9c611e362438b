"""Other families of networks through the kernels of devices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx import energy
from synapse_rx.backends import Backend
from tests.backends.test_families import BITS
from tests.backends.test_training import agree

NETS = {
    "rbm": lambda **how: energy.rbm(6, 4, **how),
    "gaussian": lambda **how: energy.rbm(6, 4, units="gaussian", **how),
    "chains": lambda **how: energy.rbm(6, 4, chains=3, **how),
    "deep belief net": lambda **how: energy.deep_belief_net([6, 4, 3], **how),
    "hebbian": lambda **how: energy.hopfield(6, "hebbian", **how),
    "probability flow": lambda **how: energy.hopfield(6, "probability_flow", **how),
    "modern hopfield": lambda **how: energy.modern_hopfield(np.zeros((15, 6)), **how),
}


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-10)])
@pytest.mark.parametrize("make", NETS.values(), ids=NETS)
def test_energy_models(make: Any, dtype: str, tolerance: float, fused: Backend) -> None:
    data = sx.training_set(BITS.astype(dtype), None, batch=5, nvalid=5, dtype=dtype)

    agree(make(dtype=dtype).value, data, fused, tolerance)
