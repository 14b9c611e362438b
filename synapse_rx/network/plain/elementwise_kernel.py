"""
The activations of plain dense networks in machine code, float32.

Imported only where kernels are compiled (`synapse_rx.fast`). What the numbers of activations stand for is in `layers`.
Scalars and constants are float32 throughout, so that nothing is computed in float64.
"""
# pyright: basic, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types

from ...fast import jit, jit_fused
from ...instructions.vector_code import intrinsic

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
WHOLE = np.float32(1.5 * 2**23)
"""Added to a number, it leaves the nearest whole number in the last bits."""


@intrinsic
def power_of_two(typing: Any, number: Any) -> Any:
    """Return 2^k for k + `WHOLE`: its last bits become the exponent. (Numba's own integers would be of 64 bits.)"""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        whole = ir.IntType(32)
        bits = builder.add(builder.bitcast(values[0], whole), ir.Constant(whole, 127))
        return builder.bitcast(builder.shl(bits, ir.Constant(whole, 23)), ir.FloatType())

    return types.float32(types.float32), generate


@jit_fused
def exp(x: Any) -> Any:
    """Return e^x, to a unit or two in the last place, between e^`LOWEST` and e^`HIGHEST`."""
    x = min(max(x, LOWEST), HIGHEST)
    shifted = x * LOG2E + WHOLE
    k = shifted - WHOLE
    r = x - k * LN2_HIGH - k * LN2_LOW
    p = ((((E0 * r + E1) * r + E2) * r + E3) * r + E4) * r + E5
    return (p * r * r + r + ONE) * power_of_two(shifted)


@jit_fused
def exponentials(z: Any, n: int) -> None:
    """Turn each of n numbers z into e^z."""
    for i in range(n):
        z[i] = exp(z[i])


@jit_fused
def tanh(x: Any) -> Any:
    """Return tanh x, to a few units in the last place."""
    s = x * x
    p = ((((T0 * s + T1) * s + T2) * s + T3) * s + T4) * s * x + x
    far = ONE - TWO / (exp(x * TWO) + ONE)
    return p if abs(x) < NEAR else far


@jit
def activate(code: int, z: Any, bias: Any, n: int) -> None:
    """Turn n rows z into f(z + b), each as long as the biases."""
    units = len(bias)
    for i in range(n):
        row = z[i * units : (i + 1) * units]
        if code == 1:
            sigmoids(row, bias, units)
        elif code == 2:
            tanhs(row, bias, units)
        elif code == 3:
            rectified(row, bias, units)
        else:
            sums(row, bias, units)


@jit
def sums(z: Any, bias: Any, n: int) -> None:
    """Turn each of n numbers z into z + b."""
    for j in range(n):
        z[j] += bias[j]


@jit
def rectified(z: Any, bias: Any, n: int) -> None:
    """Turn each of n numbers z into the larger of z + b and 0."""
    for j in range(n):
        z[j] = max(z[j] + bias[j], ZERO)


@jit_fused
def sigmoids(z: Any, bias: Any, n: int) -> None:
    """Turn each of n numbers z into the sigmoid of z + b."""
    for j in range(n):
        z[j] = ONE / (ONE + exp(-(z[j] + bias[j])))


@jit_fused
def tanhs(z: Any, bias: Any, n: int) -> None:
    """Turn each of n numbers z into tanh(z + b)."""
    for j in range(n):
        z[j] = tanh(z[j] + bias[j])
