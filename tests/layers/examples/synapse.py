from __future__ import annotations

from typing import Any

import numpy as np

from synapse_rx.initializers import LogitUniform, Uniform
from synapse_rx.layers import Synapse, SynapseRNN
from tests.contracts.layer import samples

LARGE = LogitUniform(0.2, 0.9)

EXAMPLES = [
    (Synapse(), (3,)),
    (Synapse(), (1,)),
    (Synapse(gain=True, initializer=LARGE), (2, 3)),
    (Synapse("clip", gain=True, initializer=Uniform(0.1, 0.6)), (5,)),
    (Synapse(zero_diagonal=True, initializer=LARGE), (4,)),
    (Synapse(logarithmic=True, gain=True, initializer=LARGE), (3,)),
    (Synapse(series=3, gain=True, initializer=LARGE), (5,)),
    (Synapse("clip", series=1, logarithmic=True), (3,)),
    (Synapse(initializer=LARGE), ((3,), (7,))),
    (Synapse(gain=True, initializer=LARGE), ((2, 2), (3,))),
    (Synapse(series=2, logarithmic=True), ((1,), (2, 3))),
    (Synapse("clip", zero_diagonal=True, gain=True), ((3,), (3,))),
    (SynapseRNN(3), (4, 2)),
    (SynapseRNN(1, returns="sequence"), (1, 3)),
    (SynapseRNN(2, layers=2, bidirectional=True, returns="sequence"), (3, 5)),
    (SynapseRNN(3, bidirectional=True), ((4, 5), (1,))),
    (SynapseRNN(2, carry=True, layers=2, truncate=4), (3, 2)),
]


def probabilities(layer: Any, in_shape: Any, n: int, dtype: Any) -> Any:
    """Return inputs in (0, 1)."""
    drawn = samples(in_shape, n, np.float64)
    parts = drawn if isinstance(drawn, tuple) else (drawn,)
    inside = tuple((1 / (1 + np.exp(-part))).astype(dtype) for part in parts)
    return inside if isinstance(drawn, tuple) else inside[0]


INPUTS = {Synapse: probabilities}
