"""
The functions of gates in machine code, on vectors of float32.

Both are ratios of polynomials. Where several are needed at once they share one division, which takes longer than a
product: ``1 / a = b (1 / (a b))``. They must be of one sample then, since where one is no number all are. Imported
only where kernels are compiled (`synapse_rx.fast`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...fast import jit_inlined
from ...instructions.vector import fill, ratio, within

HALF, ONE = np.float32(0.5), np.float32(1)
FAR, FAR_HALVED = np.float32(7.75), np.float32(15.5)
"""Beyond it tanh x, and behind it tanh(x / 2), are 1 but for a few units in the last place."""

# tanh x = x P(x^2) / Q(x^2) for |x| <= FAR, with Q(0) = 1; fitted to the least relative error, 1.1e-7, by least squares
# with weights that grow where it is large (Lawson, 1961). In float32 it is off by 4e-7 at most.
_P = (0.9999998807907104, 0.1294744610786438, 0.0029745856299996376, 1.1687846381391864e-05)
_Q = (1.0, 0.4628068804740906, 0.023911481723189354, 0.00024202594067901373, 2.543217192396696e-07)

P0, P1, P2, P3 = map(np.float32, _P)
Q1, Q2, Q3, Q4 = map(np.float32, _Q[1:])
# The same for tanh(x / 2) / 2, whose coefficients are those by powers of two, and so as exact.
H0, H1, H2, H3 = (np.float32(value / 4 ** (k + 1)) for k, value in enumerate(_P))
G1, G2, G3, G4 = (np.float32(value / 4**k) for k, value in enumerate(_Q) if k)


@jit_inlined
def tanh(x: Any) -> Any:
    """Return tanh x."""
    return ratio(*tanh_parts(x))


@jit_inlined
def tanh_parts(x: Any) -> Any:
    """Return two vectors whose ratio is tanh x, the second from 1 to 300."""
    x = within(x, FAR)
    s = x * x
    p = ((P3 * s + P2) * s + P1) * s + P0
    return x * p, (((Q4 * s + Q3) * s + Q2) * s + Q1) * s + ONE


@jit_inlined
def sigmoid_parts(x: Any) -> Any:
    """Return two vectors whose ratio is 1 / (1 + exp(-x)) - 1 / 2, the second from 1 to 300."""
    x = within(x, FAR_HALVED)
    s = x * x
    p = ((H3 * s + H2) * s + H1) * s + H0
    return x * p, (((G4 * s + G3) * s + G2) * s + G1) * s + ONE


@jit_inlined
def tanh_of_two(lanes: Any, x: Any, y: Any) -> Any:
    """Return tanh of two vectors; ``lanes`` is a tuple as long as they are."""
    (x_above, x_below), (y_above, y_below) = tanh_parts(x), tanh_parts(y)
    one = ratio(fill(lanes, ONE), x_below * y_below)
    return x_above * (y_below * one), y_above * (x_below * one)


@jit_inlined
def sigmoid_of_two(lanes: Any, x: Any, y: Any) -> Any:
    """Return the logistic function of two vectors."""
    (x_above, x_below), (y_above, y_below) = sigmoid_parts(x), sigmoid_parts(y)
    one = ratio(fill(lanes, ONE), x_below * y_below)
    return x_above * (y_below * one) + HALF, y_above * (x_below * one) + HALF


@jit_inlined
def gates_of_four(lanes: Any, x: Any, y: Any, z: Any, w: Any) -> Any:
    """Return the logistic function of three vectors and tanh of the fourth."""
    (x_above, x_below), (y_above, y_below) = sigmoid_parts(x), sigmoid_parts(y)
    (z_above, z_below), (w_above, w_below) = sigmoid_parts(z), tanh_parts(w)
    left, right = x_below * y_below, z_below * w_below
    one = ratio(fill(lanes, ONE), left * right)
    left, right = one * right, one * left  # each the inverse of what it was
    return (
        x_above * (y_below * left) + HALF,
        y_above * (x_below * left) + HALF,
        z_above * (w_below * right) + HALF,
        w_above * (z_below * right),
    )
