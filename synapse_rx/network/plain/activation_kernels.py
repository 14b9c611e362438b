"""
Activations of plain dense networks in machine code, float32, called by their addresses.

So only those that a network has are compiled. Imported only where kernels are compiled (`synapse_rx.fast`).

Those that turn n rows z of as many units into f(z + b) take the addresses of z and of b, then n and how many units
there are; those that multiply gradients by f'(z) the addresses of y = f(z) and of the gradients, and their number.
"""

from __future__ import annotations

from collections.abc import Callable

from ...fast import address
from ...instructions.addresses import numbers_at
from .elementwise_kernel import ONE, ZERO, rectified, sigmoids, sums, tanhs


def function_addresses(code: int) -> tuple[int, int]:
    """Return where an activation (`layers`) and its derivative are, 0 for one that is 1."""
    derivative = DERIVATIVES[code]
    return address(FUNCTIONS[code]), 0 if derivative is None else address(derivative)


def _linear(z: int, b: int, n: int, units: int) -> None:
    y, bias = numbers_at(z, n * units), numbers_at(b, units)
    for i in range(n):
        sums(y[i * units : (i + 1) * units], bias, units)


def _sigmoid(z: int, b: int, n: int, units: int) -> None:
    y, bias = numbers_at(z, n * units), numbers_at(b, units)
    for i in range(n):
        sigmoids(y[i * units : (i + 1) * units], bias, units)


def _tanh(z: int, b: int, n: int, units: int) -> None:
    y, bias = numbers_at(z, n * units), numbers_at(b, units)
    for i in range(n):
        tanhs(y[i * units : (i + 1) * units], bias, units)


def _relu(z: int, b: int, n: int, units: int) -> None:
    y, bias = numbers_at(z, n * units), numbers_at(b, units)
    for i in range(n):
        rectified(y[i * units : (i + 1) * units], bias, units)


def _of_sigmoid(of: int, dy: int, n: int) -> None:
    y, d = numbers_at(of, n), numbers_at(dy, n)
    for i in range(n):
        d[i] *= y[i] * (ONE - y[i])


def _of_tanh(of: int, dy: int, n: int) -> None:
    y, d = numbers_at(of, n), numbers_at(dy, n)
    for i in range(n):
        d[i] *= ONE - y[i] * y[i]


def _of_relu(of: int, dy: int, n: int) -> None:
    y, d = numbers_at(of, n), numbers_at(dy, n)
    for i in range(n):
        d[i] = d[i] if y[i] > ZERO else ZERO


FUNCTIONS: tuple[Callable[..., None], ...] = (_linear, _sigmoid, _tanh, _relu)
DERIVATIVES: tuple[Callable[..., None] | None, ...] = (None, _of_sigmoid, _of_tanh, _of_relu)
"""By the numbers of `layers`."""
