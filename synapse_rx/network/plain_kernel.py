"""
The activations of plain dense networks in machine code, float32.

Imported only where kernels are compiled (`synapse_rx.fast`). What the numbers of activations stand for is in `plain`.
Scalars and constants are float32 throughout, so that nothing is computed in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..fast import jit

ZERO, HALF, ONE, TWO = map(np.float32, (0, 0.5, 1, 2))
LOWEST, HIGHEST = np.float32(-87.3), np.float32(88.7)
LOG2E = np.float32(1.44269504)
LN2_HIGH, LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
# Cephes expf: e^r = 1 + r + r^2 P(r) for |r| <= ln(2) / 2
E0, E1, E2, E3, E4, E5 = map(
    np.float32,
    (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1),
)
# Cephes tanhf: tanh z = z + z^3 P(z^2) for |z| < 0.625
NEAR = np.float32(0.625)
T0, T1, T2, T3, T4 = map(
    np.float32,
    (-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1),
)


@jit
def exponential(z: Any, y: Any, bits: Any, n: int, factor: Any) -> None:
    """Write ``exp(factor z)`` into y, to a unit or two in the last place; ``bits`` is int32 scratch as long."""
    powers = bits.view(np.float32)
    for i in range(n):
        x = min(max(z[i] * factor, LOWEST), HIGHEST)
        k = np.floor(x * LOG2E + HALF)
        r = x - k * LN2_HIGH - k * LN2_LOW
        p = ((((E0 * r + E1) * r + E2) * r + E3) * r + E4) * r + E5
        y[i] = p * r * r + r + ONE
        bits[i] = (np.int32(k) + np.int32(127)) << np.int32(23)
    for i in range(n):
        y[i] *= powers[i]


@jit
def activate(code: int, z: Any, y: Any, e: Any, bits: Any, n: int) -> None:
    """Write f(z) into y, which may be z; e is scratch."""
    if code == 1:  # sigmoid
        exponential(z, e, bits, n, -ONE)
        for i in range(n):
            y[i] = ONE / (ONE + e[i])
    elif code == 2:  # tanh
        exponential(z, e, bits, n, TWO)
        for i in range(n):
            x = z[i]
            s = x * x
            p = ((((T0 * s + T1) * s + T2) * s + T3) * s + T4) * s * x + x
            far = ONE - TWO / (e[i] + ONE)
            y[i] = p if abs(x) < NEAR else far
    elif code == 3:  # relu
        for i in range(n):
            y[i] = max(z[i], ZERO)
