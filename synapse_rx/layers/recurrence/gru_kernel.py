"""
Whole sequences through gated recurrent units in machine code, float32, the reset gate behind the product.

Imported only where kernels are compiled (`synapse_rx.fast`); see `lstm_kernel`.
"""

from __future__ import annotations

from typing import Any

from ...fast import jit, jit_fused
from ..panel_kernel import arrange
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
    sigmoid,
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
    c: Any,
    product: Any,
    inner: Any,
    hidden: Any,
    counts: Any,
    weights: Any,
    panels: Any,
    tiles: Any,
    sizes: Any,
    numbers: Any,
) -> None:
    """
    Read all steps: write the gates (T N, 3 units) and states.

    Args:
        z, b, hidden, counts, weights, panels, tiles, sizes, numbers: As in `lstm_kernel.forward`.
        c: What is added to the third product (units,).
        product: Working memory (N, 3 units).
        inner: Where the third product and c go, (T N, units).
    """
    steps, n, units, reverse, started, length, begin = sizes
    width = 3 * units
    arrange_weights(panels, weights, width, units, 0, len(tiles[0]) * len(tiles[3]))
    for number in range(steps):
        t, before, after = step_at(number, steps, reverse)
        read_inputs(tiles, weights, panels, z, t, n, width)
        if started or number > 0:
            states = (hidden.ctypes.data + WORD * (before * n * length + begin), length)
            into = (product.ctypes.data, width)
            multiply_states(tiles, (n, width, units), states, panels, weights, 0, into, 0, numbers)
        else:
            for k in range(len(product)):
                product[k] = ZERO
        for sample in range(n):
            row = z[(t * n + sample) * width :][:width]
            products = product[sample * width :][:width]
            seen = inner[(t * n + sample) * units :][:units]
            place = (after * n + sample) * length + begin
            earlier = (before * n + sample) * length + begin
            _sigmoids(row[: 2 * units], products, b)
            _state(row, products[2 * units :], b[2 * units :], c, seen, units)
            _mix(row, hidden[earlier:][:units], hidden[place:][:units], units)
            if len(counts):
                cut(hidden[place:][:units], counts[t * n + sample])


@jit_fused
def _sigmoids(z: Any, product: Any, b: Any) -> None:
    for k in range(len(z)):
        z[k] = sigmoid(z[k] + product[k] + b[k])


@jit_fused
def _state(gates: Any, product: Any, b: Any, c: Any, seen: Any, units: int) -> None:
    r, candidate = gates[:units], gates[2 * units :]
    for k in range(units):
        seen[k] = product[k] + c[k]
    for k in range(units):
        candidate[k] = tanh(candidate[k] + b[k] + r[k] * seen[k])


@jit_fused
def _mix(gates: Any, before: Any, h: Any, units: int) -> None:
    u, candidate = gates[units:], gates[2 * units :]
    for k in range(units):
        h[k] = (before[k] - candidate[k]) * u[k] + candidate[k]


@jit
def backward(
    z: Any,
    dv: Any,
    inner: Any,
    hidden: Any,
    counts: Any,
    dy: Any,
    dh: Any,
    dc: Any,
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
        z, inner, hidden, counts, weights, panels, tiles, sizes, numbers: As `forward` left them.
        dv: Where the gradients of the products with U go, (T N, 3 units), or with panels (N, 3 units).
        dy, dh, panels_of_step, wanted: As in `lstm_kernel.backward`.
        dc: Where the gradient of c goes (units,).
    """
    steps, n, units, reverse, _, length, begin = sizes
    truncate, du, dw, db = wanted
    width = 3 * units
    du_at = (du, weights[1])
    if len(panels):
        for k in range(len(db)):
            db[k] = ZERO
    arrange_weights(panels, weights, width, units, 1, len(tiles[0]) * len(tiles[3]))
    for k in range(units):
        dc[k] = ZERO
    for number in range(steps - 1, -1, -1):
        t, before, _ = step_at(number, steps, reverse)
        # With panels gradients of products are needed for the time of a step alone.
        spot = 0 if len(panels) else t
        for sample in range(n):
            row = z[(t * n + sample) * width :][:width]
            of_products = dv[(spot * n + sample) * width :][:width]
            seen = inner[(t * n + sample) * units :][:units]
            earlier = (before * n + sample) * length + begin
            of_state = dh[sample * units :][:units]
            if len(dy):
                add(of_state, dy[(t * n + sample) * units :][:units])
            if len(counts):
                cut(of_state, counts[t * n + sample])
            _mix_back(row, hidden[earlier:][:units], of_state, units)
            _reset_back(row, of_products, seen, units)
            add(dc, of_products[2 * units :])
            if len(panels):
                add(db, row)
        if du and len(panels):
            states = (hidden, length, before * n * length + begin)
            sum_inputs(tiles, (z, width, t), panels_of_step, weights, dw, n, int(number < steps - 1))
            wide = len(tiles[0]) * len(tiles[3])
            arrange(dv, 0, width, 1, n, width, panels_of_step, wide)
            sum_states(tiles, width, panels_of_step, states, du_at, sizes, number)
        if passes_on(number, truncate):
            gradients = (dv.ctypes.data + WORD * spot * n * width, width)
            into = (dh.ctypes.data, units)
            multiply_states(tiles, (n, units, width), gradients, panels, weights, 1, into, 1, numbers)
        else:
            for k in range(len(dh)):
                dh[k] = ZERO
    if du and not len(panels):
        sum_rows((dv, width), (hidden, length, begin), du_at, sizes, numbers)


@jit_fused
def _mix_back(gates: Any, before: Any, dh: Any, units: int) -> None:
    """Write the gradients of the logits of u and the candidate where these are; leave in dh what u passes on."""
    u, candidate = gates[units:], gates[2 * units :]
    for k in range(units):
        a, g = u[k], candidate[k]
        u[k] = (before[k] - g) * dh[k] * (a * (ONE - a))
        candidate[k] = (ONE - a) * dh[k] * (ONE - g * g)
        dh[k] *= a


@jit_fused
def _reset_back(gates: Any, products: Any, seen: Any, units: int) -> None:
    """Write the gradient of the logits of r where r is, and those of the three products."""
    r, u, candidate = gates[:units], gates[units:], gates[2 * units :]
    of_r, of_u, of_candidate = products[:units], products[units:], products[2 * units :]
    for k in range(units):
        of_candidate[k] = candidate[k] * r[k]
    for k in range(units):
        a = r[k]
        r[k] = candidate[k] * seen[k] * (a * (ONE - a))
    for k in range(units):
        of_r[k] = r[k]
    for k in range(units):
        of_u[k] = u[k]
