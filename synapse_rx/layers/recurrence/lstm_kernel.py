"""
Whole sequences through long short-term memory in machine code, float32.

Imported only where kernels are compiled (`synapse_rx.fast`). Each step is a matrix product that adds to what the inputs
gave, and a pass over its rows while they are in the cache; many short loops over few arrays become vectors, one long
loop over many does not.
"""

from __future__ import annotations

from typing import Any

from ...fast import jit, jit_fused
from .gate_kernel import (
    ONE,
    WORD,
    ZERO,
    add,
    arrange_weights,
    cut,
    multiply_states,
    passes_on,
    read_inputs,
    sigmoids,
    step_at,
    sum_inputs,
    sum_rows,
    sum_states,
    tanh,
    tanhs,
)


@jit
def forward(
    z: Any,
    b: Any,
    hidden: Any,
    cells: Any,
    counts: Any,
    weights: Any,
    panels: Any,
    tiles: Any,
    sizes: Any,
    numbers: Any,
) -> None:
    """
    Read all steps: write the gates (T N, 4 units) and states.

    Args:
        z: Flat, as everything here.
        b: Biases (4 units,).
        hidden, cells: The states after each step and before the first one, (T + 2) N rows of them.
        counts: 1 where a step counts and 0 where none does, (T N); empty if all count.
        weights: As in `arrange_weights`.
        panels: Working memory for U, as large as the strand's. Empty to use the library for matrix products; then z is
            what the inputs add to the gates, which otherwise is added here.
        tiles: As in `multiply_panels`.
        sizes: Steps, samples, units; whether steps are read in reverse, and whether states before the first one may be
            other than 0; the length of a row of states, and where those of this strand begin in it.
        numbers: 0 and 1.
    """
    steps, n, units, reverse, started, length, begin = sizes
    width = 4 * units
    arrange_weights(panels, weights, width, units, 0, len(tiles[0]) * len(tiles[3]))
    for number in range(steps):
        t, before, after = step_at(number, steps, reverse)
        read_inputs(tiles, weights, panels, z, t, n, width)
        if started or number > 0:
            states = (hidden.ctypes.data + WORD * (before * n * length + begin), length)
            into = (z.ctypes.data + WORD * t * n * width, width)
            multiply_states(tiles, (n, width, units), states, panels, weights, 0, into, 1, numbers)
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
    weights: Any,
    panels: Any,
    panels_of_step: Any,
    tiles: Any,
    sizes: Any,
    numbers: Any,
    wanted: Any,
) -> None:
    """
    Turn gates into the gradients of their logits, last step first, and write those of parameters.

    Args:
        z, hidden, cells, counts, weights, panels, tiles, sizes, numbers: As `forward` left them.
        dy: Gradients of the state after each step (T N, units), or empty.
        dh: The gradient of the last state (N, units); used up, as is dc, for the cell.
        squashed: Working memory (units,).
        panels_of_step: Working memory (N, 4 units); empty if panels are.
        wanted: Steps after which gradients are cut, 0 for never; the addresses of the gradients of U and W, 0 for none;
            where that of the biases goes, (4 units,). W and biases are left out without panels.
    """
    steps, n, units, reverse, _, length, begin = sizes
    truncate, du, dw, db = wanted
    width = 4 * units
    du_at = (du, weights[1])
    if len(panels):
        for k in range(len(db)):
            db[k] = ZERO
    arrange_weights(panels, weights, width, units, 1, len(tiles[0]) * len(tiles[3]))
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
            if len(panels):
                add(db, row)
        if du and len(panels):
            states = (hidden, length, before * n * length + begin)
            sum_inputs(tiles, (z, width, t), panels_of_step, weights, dw, n, int(number < steps - 1))
            sum_states(tiles, width, panels_of_step, states, du_at, sizes, number)
        if passes_on(number, truncate):
            gradients = (z.ctypes.data + WORD * t * n * width, width)
            into = (dh.ctypes.data, units)
            multiply_states(tiles, (n, units, width), gradients, panels, weights, 1, into, 0, numbers)
        else:
            for k in range(len(dh)):
                dh[k] = ZERO
                dc[k] = ZERO
    if du and not len(panels):
        sum_rows((z, width), (hidden, length, begin), du_at, sizes, numbers)


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
