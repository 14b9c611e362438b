"""
What the outputs of a neuron graph are worth, in machine code, float32.

Imported only where kernels are compiled (`synapse_rx.fast`). What the numbers of losses stand for is in `chunk`. There
are no branches on numbers but in `larger` and `upper`, so that it can be traced (`tracing`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..fast import jit
from .kernels import activated, slope

ZERO, HALF, ONE, TWO = map(np.float32, (0, 0.5, 1, 2))
# artanh s = s + s^3 / 3 + s^5 / 5 + ...
A3, A5, A7, A9, A11, A13 = (np.float32(1 / n) for n in (3, 5, 7, 9, 11, 13))


@jit
def exponential(z: Any) -> Any:
    """Return e^z."""
    return np.exp(z)


@jit
def logarithm(z: Any) -> Any:
    """Return ln z."""
    return np.log(z)


@jit
def larger(a: Any, b: Any) -> Any:
    """Return the larger number, b where a is none."""
    return a if a > b else b


@jit
def upper(x: Any, e: Any) -> Any:
    """Return 1 where x >= 0, else e."""
    return ONE if x >= ZERO else e


@jit
def log_of_one_and(e: Any) -> Any:
    """Return ln(1 + e) for 0 <= e <= 1, as 2 artanh(e / (2 + e)), without a branch and exact to the last digits."""
    s = e / (TWO + e)
    q = s * s
    return TWO * s * ((((((A13 * q + A11) * q + A9) * q + A7) * q + A5) * q + A3) * q + ONE)


@jit
def judge(
    loss: int,
    output: int,
    S: Any,
    row: int,
    first: int,
    t: Any,
    at: int,
    place: int,
    y: Any,
    D: Any,
    d: int,
    scale: Any,
) -> Any:
    """
    Turn logits ``z = S[row, first:]`` into outputs y and, with targets ``t[at, place:]``, gradients ``D[d]``.

    Returns:
        The loss.
    """
    k, value = len(y), ZERO
    if loss == 0:  # softmax and cross-entropy
        top, total, counted, linear = S[row, first], ZERO, ZERO, ZERO
        for j in range(1, k):
            top = larger(top, S[row, first + j])
        for j in range(k):
            linear += t[at, place + j] * (S[row, first + j] - top)
            counted += t[at, place + j]
            y[j] = exponential(S[row, first + j] - top)
            total += y[j]
        for j in range(k):
            y[j] /= total
            D[d, j] = (y[j] * counted - t[at, place + j]) * scale
        return logarithm(total) * counted - linear
    if loss == 1:  # sigmoid and binary cross-entropy
        for j in range(k):
            x = S[row, first + j]
            e = exponential(-abs(x))
            value += larger(x, ZERO) + log_of_one_and(e) - x * t[at, place + j]
            y[j] = upper(x, e) / (ONE + e)
            D[d, j] = (y[j] - t[at, place + j]) * scale
        return value
    for j in range(k):  # half the sum of squares
        y[j] = activated(output, S[row, first + j], ONE)
        away = y[j] - t[at, place + j]
        value += HALF * away * away
        D[d, j] = away * slope(output, y[j], ONE) * scale
    return value


@jit
def missed(y: Any, t: Any, at: int, place: int) -> Any:
    """Return 1 if the largest output is not that of the largest target, or an output is not a number."""
    given, wanted, lost = 0, 0, y[0] != y[0]
    for j in range(1, len(y)):
        if y[j] > y[given]:
            given = j
        if t[at, place + j] > t[at, place + wanted]:
            wanted = j
        lost = lost or y[j] != y[j]
    return ONE if given != wanted or lost else ZERO
