"""
Whole sequences through the simple recurrent layer in machine code, float32, with tanh or rectification.

Imported only where kernels are compiled (`synapse_rx.fast`); see `lstm_kernel`.
"""

from __future__ import annotations

from typing import Any

from ...fast import jit, jit_fused
from ..product_kernel import multiply, multiply_by_turned
from .gate_kernel import ONE, WORD, ZERO, add, cut, passes_on, step_at, sum_rows, tanh


@jit
def forward(z: Any, b: Any, hidden: Any, counts: Any, rectified: int, sizes: Any, numbers: Any) -> None:
    """
    Read all steps, given what the inputs add (T N, units); write states.

    Args:
        z, b, hidden, counts, sizes, numbers: As in `lstm_kernel.forward`.
        rectified: Whether the function is max(z, 0), not tanh.
    """
    steps, n, units, reverse, started, length, begin, u, u_length = sizes
    one = numbers.ctypes.data + WORD
    for number in range(steps):
        t, before, after = step_at(number, steps, reverse)
        if started or number > 0:
            states = (hidden.ctypes.data + WORD * (before * n * length + begin), length)
            into = (z.ctypes.data + WORD * t * n * units, units)
            multiply((n, units, units), one, states, (u, u_length), one, into)
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
    sizes: Any,
    numbers: Any,
    wanted: Any,
) -> None:
    """
    Write the gradients of logits (T N, units), last step first, and that of U.

    Args:
        hidden, counts, rectified, sizes, numbers: As `forward` left them.
        dz: Where gradients go.
        dy, dh, wanted: As in `lstm_kernel.backward`.
    """
    steps, n, units, reverse, _, length, begin, u, u_length = sizes
    truncate, du = wanted
    zero, one = numbers.ctypes.data, numbers.ctypes.data + WORD
    for number in range(steps - 1, -1, -1):
        t, _, after = step_at(number, steps, reverse)
        for sample in range(n):
            place = (after * n + sample) * length + begin
            of_state = dh[sample * units :][:units]
            if len(dy):
                add(of_state, dy[(t * n + sample) * units :][:units])
            if len(counts):
                cut(of_state, counts[t * n + sample])
            _state_back(dz[(t * n + sample) * units :][:units], hidden[place:][:units], of_state, rectified)
        if passes_on(number, truncate):
            gradients = (dz.ctypes.data + WORD * t * n * units, units)
            into = (dh.ctypes.data, units)
            multiply_by_turned((n, units, units), one, gradients, (u, u_length), zero, into)
        else:
            for k in range(len(dh)):
                dh[k] = ZERO
    if du:
        sum_rows((dz, units), (hidden, length, begin), (du, u_length), sizes, numbers)


@jit_fused
def _state_back(dz: Any, h: Any, dh: Any, rectified: int) -> None:
    if rectified:
        for k in range(len(dz)):
            dz[k] = dh[k] if h[k] > ZERO else ZERO
    else:
        for k in range(len(dz)):
            dz[k] = dh[k] * (ONE - h[k] * h[k])
