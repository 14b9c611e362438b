"""
Whole sequences through long short-term memory in machine code, float32.

Imported only where kernels are compiled (`synapse_rx.fast`). Each step is a matrix product that adds to what the inputs
gave, and a pass over its rows while they are in the cache; many short loops over few arrays become vectors, one long
loop over many does not.
"""

from __future__ import annotations

from typing import Any

from ...fast import jit, jit_fused
from ..product_kernel import multiply, multiply_by_turned
from .gate_kernel import ONE, WORD, ZERO, add, cut, passes_on, sigmoids, step_at, sum_rows, tanh, tanhs


@jit
def forward(z: Any, b: Any, hidden: Any, cells: Any, counts: Any, sizes: Any, numbers: Any) -> None:
    """
    Read all steps: turn what the inputs add to the gates (T N, 4 units) into the gates, write states.

    Args:
        z: Flat, as everything here.
        b: Biases (4 units,).
        hidden, cells: The states after each step and before the first one, (T + 2) N rows of them.
        counts: 1 where a step counts and 0 where none does, (T N); empty if all count.
        sizes: Steps, samples, units; whether steps are read in reverse, and whether states before the first one may be
            other than 0; the length of a row of states, and where those of this strand begin in it; the address of U
            and the distance of its rows.
        numbers: 0 and 1.
    """
    steps, n, units, reverse, started, length, begin, u, u_length = sizes
    one = numbers.ctypes.data + WORD
    width = 4 * units
    for number in range(steps):
        t, before, after = step_at(number, steps, reverse)
        if started or number > 0:
            states = (hidden.ctypes.data + WORD * (before * n * length + begin), length)
            into = (z.ctypes.data + WORD * t * n * width, width)
            multiply((n, width, units), one, states, (u, u_length), one, into)
        for sample in range(n):
            row = z[(t * n + sample) * width :][:width]
            place = (after * n + sample) * length + begin
            earlier = (before * n + sample) * length + begin
            sigmoids(row[: 3 * units], b[: 3 * units])
            tanhs(row[3 * units :], b[3 * units :])
            _state(row, cells[earlier:][:units], cells[place:][:units], hidden[place:][:units], units)
            if len(counts):
                cut(hidden[place:][:units], counts[t * n + sample])
                cut(cells[place:][:units], counts[t * n + sample])


@jit_fused
def _state(gates: Any, before: Any, c: Any, h: Any, units: int) -> None:
    i, f, o, g = gates[:units], gates[units:], gates[2 * units :], gates[3 * units :]
    for k in range(units):
        c[k] = f[k] * before[k] + i[k] * g[k]
    for k in range(units):
        h[k] = o[k] * tanh(c[k])


@jit
def backward(
    z: Any,
    hidden: Any,
    cells: Any,
    counts: Any,
    dy: Any,
    dh: Any,
    dc: Any,
    squashed: Any,
    sizes: Any,
    numbers: Any,
    wanted: Any,
) -> None:
    """
    Turn gates into the gradients of their logits, last step first, and write that of U.

    Args:
        z, hidden, cells, counts, sizes, numbers: As `forward` left them.
        dy: Gradients of the state after each step (T N, units), or empty.
        dh: The gradient of the last state (N, units); used up, as is dc, for the cell.
        squashed: Working memory (units,).
        wanted: Steps after which gradients are cut, 0 for never; the address of the gradient of U, 0 for none.
    """
    steps, n, units, reverse, _, length, begin, u, u_length = sizes
    truncate, du = wanted
    zero, one = numbers.ctypes.data, numbers.ctypes.data + WORD
    width = 4 * units
    for k in range(len(dc)):
        dc[k] = ZERO
    for number in range(steps - 1, -1, -1):
        t, before, after = step_at(number, steps, reverse)
        for sample in range(n):
            row = z[(t * n + sample) * width :][:width]
            place = (after * n + sample) * length + begin
            earlier = (before * n + sample) * length + begin
            of_state, of_cell = dh[sample * units :][:units], dc[sample * units :][:units]
            if len(dy):
                add(of_state, dy[(t * n + sample) * units :][:units])
            if len(counts):
                cut(of_state, counts[t * n + sample])
                cut(of_cell, counts[t * n + sample])
            _state_back(
                row, cells[earlier:][:units], cells[place:][:units], of_state, of_cell, squashed, units
            )
        if passes_on(number, truncate):
            gradients = (z.ctypes.data + WORD * t * n * width, width)
            into = (dh.ctypes.data, units)
            multiply_by_turned((n, units, width), one, gradients, (u, u_length), zero, into)
        else:
            for k in range(len(dh)):
                dh[k] = ZERO
                dc[k] = ZERO
    if du:
        sum_rows((z, width), (hidden, length, begin), (du, u_length), sizes, numbers)


@jit_fused
def _state_back(gates: Any, before: Any, c: Any, dh: Any, dc: Any, squashed: Any, units: int) -> None:
    i, f, o, g = gates[:units], gates[units:], gates[2 * units :], gates[3 * units :]
    for k in range(units):
        squashed[k] = tanh(c[k])
    for k in range(units):
        dc[k] += dh[k] * o[k] * (ONE - squashed[k] * squashed[k])
    for k in range(units):
        o[k] = dh[k] * squashed[k] * (o[k] * (ONE - o[k]))
    for k in range(units):
        a = i[k]
        i[k] = dc[k] * g[k] * (a * (ONE - a))
        g[k] = dc[k] * a * (ONE - g[k] * g[k])
    for k in range(units):
        a = f[k]
        f[k] = dc[k] * before[k] * (a * (ONE - a))
        dc[k] *= a
