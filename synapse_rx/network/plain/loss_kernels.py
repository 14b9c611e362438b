"""
Losses behind the outputs of plain dense networks in machine code, float32, called by their addresses.

So only that of a training is compiled. Imported only where kernels are compiled (`synapse_rx.fast`).

All take the same whole numbers: the addresses of the logits z (n, k), of the targets t, of the gradients d and of the
values (n,), then n and k, and the address of what gradients are multiplied by. Logits become outputs.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...fast import jit
from ...instructions.addresses import numbers_at
from ...metrics.misses_kernel import misses_kernel
from .elementwise_kernel import HALF, ONE, ZERO, exponentials

_misses = jit(misses_kernel)


def softmax_cross_entropy(z: int, t: int, d: int, values: int, n: int, k: int, share: int) -> None:
    y, wanted, dz = numbers_at(z, n * k), numbers_at(t, n * k), numbers_at(d, n * k)
    losses, scale = numbers_at(values, n), numbers_at(share, 1)[0]
    for i in range(n):
        row = i * k
        top, linear = y[row], ZERO
        for j in range(1, k):
            top = max(top, y[row + j])
        for j in range(k):
            y[row + j] -= top
            linear += wanted[row + j] * y[row + j]
        losses[i] = linear
    exponentials(y, n * k)
    for i in range(n):
        row = i * k
        total, counted = ZERO, ZERO
        for j in range(k):
            total += y[row + j]
            counted += wanted[row + j]
        for j in range(k):
            y[row + j] /= total
            dz[row + j] = (y[row + j] * counted - wanted[row + j]) * scale
        losses[i] = np.log(total) * counted - losses[i]


def sigmoid_cross_entropy(z: int, t: int, d: int, values: int, n: int, k: int, share: int) -> None:
    y, wanted, dz = numbers_at(z, n * k), numbers_at(t, n * k), numbers_at(d, n * k)
    losses, scale = numbers_at(values, n), numbers_at(share, 1)[0]
    for i in range(n):
        value = ZERO
        for j in range(i * k, (i + 1) * k):
            x = y[j]
            e = np.exp(-abs(x))
            value += max(x, ZERO) + np.log1p(e) - x * wanted[j]
            y[j] = ONE / (ONE + e) if x >= ZERO else e / (ONE + e)
            dz[j] = (y[j] - wanted[j]) * scale
        losses[i] = value


def half_squares(z: int, t: int, d: int, values: int, n: int, k: int, share: int) -> None:
    y, wanted, dz = numbers_at(z, n * k), numbers_at(t, n * k), numbers_at(d, n * k)
    losses, scale = numbers_at(values, n), numbers_at(share, 1)[0]
    for i in range(n):
        value = ZERO
        for j in range(i * k, (i + 1) * k):
            away = y[j] - wanted[j]
            value += HALF * away * away
            dz[j] = away * scale
        losses[i] = value


def misses(y: int, t: int, values: int, n: int, k: int) -> None:
    """Write 1 where the largest output is not that of the largest target, or an output is not a number; else 0."""
    given, wanted = numbers_at(y, n * k).reshape(n, k), numbers_at(t, n * k).reshape(n, k)
    _misses(given, wanted, numbers_at(values, n), ZERO, ONE)


LOSSES: tuple[Callable[..., None], ...] = (softmax_cross_entropy, sigmoid_cross_entropy, half_squares)
"""By the numbers of `chunk`."""
