"""
Whole sequences through the simple recurrent layer in machine code, float32, with tanh or rectification.

Imported only where kernels are compiled (`synapse_rx.fast`); see `lstm_kernel`.
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
    step_at,
    sum_inputs,
    sum_rows,
    sum_states,
    tanh,
)


@jit
def forward(
    z: Any,
    b: Any,
    hidden: Any,
    counts: Any,
    rectified: int,
    weights: Any,
    panels: Any,
    tiles: Any,
    sizes: Any,
    numbers: Any,
) -> None:
    """
    Read all steps; write logits (T N, units) and states.

    Args:
        z, b, hidden, counts, weights, panels, tiles, sizes, numbers: As in `lstm_kernel.forward`.
        rectified: Whether the function is max(z, 0), not tanh.
    """
    steps, n, units, reverse, started, length, begin = sizes
    arrange_weights(panels, weights, units, units, 0, len(tiles[0]) * len(tiles[3]))
    for number in range(steps):
        t, before, after = step_at(number, steps, reverse)
        read_inputs(tiles, weights, panels, z, t, n, units)
        if started or number > 0:
            states = (hidden.ctypes.data + WORD * (before * n * length + begin), length)
            into = (z.ctypes.data + WORD * t * n * units, units)
            multiply_states(tiles, (n, units, units), states, panels, weights, 0, into, 1, numbers)
        for sample in range(n):
            place = (after * n + sample) * length + begin
            h = hidden[place:][:units]
            _state(z[(t * n + sample) * units :][:units], b, h, rectified)
            if len(counts):
                cut(h, counts[t * n + sample])


@jit_fused
def _state(z: Any, b: Any, h: Any, rectified: int) -> None:
    if rectified:
        for k in range(len(h)):
            a = z[k] + b[k]
            h[k] = ZERO if a < ZERO else a
    else:
        for k in range(len(h)):
            h[k] = tanh(z[k] + b[k])


@jit
def backward(
    dz: Any,
    hidden: Any,
    counts: Any,
    dy: Any,
    dh: Any,
    rectified: int,
    weights: Any,
    panels: Any,
    panels_of_step: Any,
    tiles: Any,
    sizes: Any,
    numbers: Any,
    wanted: Any,
) -> None:
    """
    Write the gradients of logits (T N, units), last step first, and those of parameters.

    Args:
        hidden, counts, rectified, weights, panels, tiles, sizes, numbers: As `forward` left them.
        dz: Where gradients go.
        dy, dh, panels_of_step, wanted: As in `lstm_kernel.backward`.
    """
    steps, n, units, reverse, _, length, begin = sizes
    truncate, du, dw, db = wanted
    du_at = (du, weights[1])
    if len(panels):
        for k in range(len(db)):
            db[k] = ZERO
    arrange_weights(panels, weights, units, units, 1, len(tiles[0]) * len(tiles[3]))
    for number in range(steps - 1, -1, -1):
        t, before, after = step_at(number, steps, reverse)
        for sample in range(n):
            place = (after * n + sample) * length + begin
            of_state = dh[sample * units :][:units]
            if len(dy):
                add(of_state, dy[(t * n + sample) * units :][:units])
            if len(counts):
                cut(of_state, counts[t * n + sample])
            _state_back(dz[(t * n + sample) * units :][:units], hidden[place:][:units], of_state, rectified)
            if len(panels):
                add(db, dz[(t * n + sample) * units :][:units])
        if du and len(panels):
            states = (hidden, length, before * n * length + begin)
            sum_inputs(tiles, (dz, units, t), panels_of_step, weights, dw, n, int(number < steps - 1))
            sum_states(tiles, units, panels_of_step, states, du_at, sizes, number)
        if passes_on(number, truncate):
            gradients = (dz.ctypes.data + WORD * t * n * units, units)
            into = (dh.ctypes.data, units)
            multiply_states(tiles, (n, units, units), gradients, panels, weights, 1, into, 0, numbers)
        else:
            for k in range(len(dh)):
                dh[k] = ZERO
    if du and not len(panels):
        sum_rows((dz, units), (hidden, length, begin), du_at, sizes, numbers)


@jit_fused
def _state_back(dz: Any, h: Any, dh: Any, rectified: int) -> None:
    if rectified:
        for k in range(len(dz)):
            dz[k] = dh[k] if h[k] > ZERO else ZERO
    else:
        for k in range(len(dz)):
            dz[k] = dh[k] * (ONE - h[k] * h[k])
