"""
The functions of gates in machine code, on vectors of float32.

Imported only where kernels are compiled (`synapse_rx.fast`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...fast import jit
from ..lanes.vector import ratio, within

HALF, ONE = np.float32(0.5), np.float32(1)
FAR = np.float32(7.90531110763549805)
"""Beyond it tanh is 1 to the last place."""

# tanh x = x P(x^2) / Q(x^2) for |x| <= FAR, a minimax approximation that is off by a few units in the last place; the
# coefficients are those that Eigen and XNNPACK use.
P0, P1, P2, P3, P4, P5, P6 = map(
    np.float32,
    (
        4.89352455891786e-03,
        6.37261928875436e-04,
        1.48572235717979e-05,
        5.12229709037114e-08,
        -8.60467152213735e-11,
        2.00018790482477e-13,
        -2.76076847742355e-16,
    ),
)
Q0, Q1, Q2, Q3 = map(
    np.float32, (4.89352518554385e-03, 2.26843463243900e-03, 1.18534705686654e-04, 1.19825839466702e-06)
)


@jit
def tanh(x: Any) -> Any:
    """Return tanh x."""
    x = within(x, FAR)
    s = x * x
    p = (((((P6 * s + P5) * s + P4) * s + P3) * s + P2) * s + P1) * s + P0
    return ratio(x * p, ((Q3 * s + Q2) * s + Q1) * s + Q0)


@jit
def sigmoid(x: Any) -> Any:
    """Return 1 / (1 + exp(-x)), as the reference does: by tanh."""
    return HALF * tanh(HALF * x) + HALF
