"""
The functions of gates in machine code, float32, and how a sequence is gone through.

Imported only where kernels are compiled (`synapse_rx.fast`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...fast import jit, jit_fused
from ..panel_kernel import arrange, multiply_panels
from ..product_kernel import multiply, multiply_by_turned, multiply_turned

ZERO, HALF, ONE = np.float32(0), np.float32(0.5), np.float32(1)
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
WORD = 4
"""Bytes of a number."""


@jit_fused
def tanh(x: Any) -> Any:
    """Return tanh x."""
    x = FAR if x > FAR else x
    x = -FAR if x < -FAR else x
    s = x * x
    p = (((((P6 * s + P5) * s + P4) * s + P3) * s + P2) * s + P1) * s + P0
    return x * p / (((Q3 * s + Q2) * s + Q1) * s + Q0)


@jit_fused
def sigmoid(x: Any) -> Any:
    """Return 1 / (1 + exp(-x)), as the reference does: by tanh."""
    return HALF * tanh(HALF * x) + HALF


@jit_fused
def sigmoids(z: Any, b: Any) -> None:
    """Turn each z into sigmoid(z + b)."""
    for j in range(len(z)):
        z[j] = sigmoid(z[j] + b[j])


@jit_fused
def tanhs(z: Any, b: Any) -> None:
    """Turn each z into tanh(z + b)."""
    for j in range(len(z)):
        z[j] = tanh(z[j] + b[j])


@jit
def cut(x: Any, keep: Any) -> None:
    """Multiply x by ``keep``, 1 or 0."""
    for j in range(len(x)):
        x[j] *= keep


@jit
def add(x: Any, more: Any) -> None:
    """Add ``more`` to x."""
    for j in range(len(x)):
        x[j] += more[j]


@jit
def step_at(number: int, steps: int, reverse: int) -> Any:
    """Return which step is the one ``number``, and the rows of states before and after it."""
    if reverse:
        t = steps - 1 - number
        return t, t + 2, t + 1
    return number, number, number + 1


@jit
def passes_on(number: int, truncate: int) -> Any:
    """Return whether gradients go on behind the step ``number``."""
    return number > 0 and (truncate == 0 or number % truncate > 0)


@jit
def arrange_weights(panels: Any, weights: Any, width: int, units: int, turned: int, wide: int) -> None:
    """
    Write U (units, width), or U turned, into panels if there are any, and W where it is not turned.

    Args:
        panels: Where U goes, flat; empty for none.
        weights: All of U, flat; the distance of its rows, and where those of the strand begin; inputs (T N, features)
            and their number; all of W, and where it goes.
        width, units: Numbers of all gates, and in a state.
        turned: Whether it is turned.
        wide: Columns of a panel.
    """
    if len(panels):
        u, length, begin, _, features, w, panels_of_w = weights
        if turned:
            arrange(u, begin, 1, length, width, units, panels, wide)
        else:
            arrange(u, begin, length, 1, units, width, panels, wide)
            arrange(w, begin, length, 1, features, width, panels_of_w, wide)


@jit
def read_inputs(tiles: Any, weights: Any, panels: Any, z: Any, t: int, n: int, width: int) -> None:
    """Write what the inputs of step t add to the gates into z (T N, width), if there are panels; else it is there."""
    if len(panels):
        _, _, _, x, features, _, panels_of_w = weights
        source = (x.ctypes.data + WORD * t * n * features, features, 1)
        into = (z.ctypes.data + WORD * t * n * width, width)
        multiply_panels(tiles, (n, width, features), source, panels_of_w.ctypes.data, into, 0)


@jit
def multiply_states(
    tiles: Any, shape: Any, a: Any, panels: Any, weights: Any, turned: int, c: Any, adds: int, numbers: Any
) -> None:
    """Put ``A U``, or ``A`` times U turned, into C, or add it; by panels if there are any."""
    if len(panels):
        multiply_panels(tiles, shape, (a[0], a[1], 1), panels.ctypes.data, c, adds)
        return
    one = numbers.ctypes.data + WORD
    factor = one if adds else numbers.ctypes.data
    u, length, begin = weights[:3]
    b = (u.ctypes.data + WORD * begin, length)
    if turned:
        multiply_by_turned(shape, one, a, b, factor, c)
    else:
        multiply(shape, one, a, b, factor, c)


@jit
def sum_inputs(tiles: Any, gradients: Any, panels: Any, weights: Any, dw: int, n: int, adds: int) -> None:
    """
    Add to the gradient of W, at the address dw, what a step adds to it, by panels; the first step writes.

    Args:
        gradients: All gradients of gates (T N, width), their width, and the step.
        panels: Where those of the step are left in panels, (N, width).
        weights: As in `arrange_weights`.
        n: Samples.
        adds: Whether to add.
    """
    d, width, t = gradients
    _, length, _, x, features, _, _ = weights
    arrange(d, t * n * width, width, 1, n, width, panels, len(tiles[0]) * len(tiles[3]))
    left = (x.ctypes.data + WORD * t * n * features, 1, features)
    multiply_panels(tiles, (features, width, n), left, panels.ctypes.data, (dw, length), adds)


@jit
def sum_states(tiles: Any, width: int, panels: Any, states: Any, du: Any, sizes: Any, number: int) -> None:
    """
    Add to the gradient of U products of states before a step with the gradients that are in panels.

    Args:
        width: Numbers in a gradient of a sample.
        panels: Gradients of the step, (N, width).
        states: All states, the length of a row of them, and where those before the step begin.
        du, sizes: As in `sum_rows`.
        number: How many steps were read before.
    """
    steps, n, units, _, started, _, _ = sizes
    hidden, length, begin = states
    # States before the first step that are 0 add nothing.
    if number > 0 or steps == 1 or started:
        left = (hidden.ctypes.data + WORD * begin, 1, length)
        multiply_panels(tiles, (units, width, n), left, panels.ctypes.data, du, int(number < steps - 1))


@jit
def sum_rows(gradients: Any, states: Any, du: Any, sizes: Any, numbers: Any) -> None:
    """
    Write the gradient of U: products of states before each step with gradients of what they add to, summed up.

    Args:
        gradients: (T N, width) and their width.
        states: All states, the length of a row of them, and where those of the strand begin in it.
        du: The address of the gradient and the distance of its rows.
        sizes, numbers: As in `lstm_kernel.forward`.
    """
    steps, n, units, reverse, started, _, _ = sizes
    d, width = gradients
    hidden, length, begin = states
    zero, one = numbers.ctypes.data, numbers.ctypes.data + WORD
    # States before the first step that are 0 add nothing.
    skipped = 0 if started else 1
    first = 0 if reverse else skipped
    left = (hidden.ctypes.data + WORD * ((first + 2 * reverse) * n * length + begin), length)
    right = (d.ctypes.data + WORD * first * n * width, width)
    multiply_turned((units, width, (steps - skipped) * n), one, left, right, zero, du)
