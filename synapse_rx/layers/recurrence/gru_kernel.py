"""
Whole sequences through gated recurrent units in machine code, float32, the reset gate behind the product.

A block is h U_n + c, which the reset gate acts on, and the gates r, u and n of the same units: states add to the first
three, inputs to the last three. Imported only where kernels are compiled (`synapse_rx.fast`).
"""

from __future__ import annotations

from typing import Any

from ...fast import jit
from ..lanes.product_tile import WORD, product_tile
from ..lanes.vector import fill, load, store
from ..panel_kernel import chunks
from .gate_kernel import ONE, sigmoid, tanh
from .sequence_kernel import (
    ZERO,
    at,
    begin,
    begin_back,
    begin_step_back,
    end_step,
    end_step_back,
    first_column,
    pass_to_inputs,
    sum_products,
)


@jit
def forward(tiles: Any, sizes: Any, memory: Any, x: Any, hidden: int, counts: int, rows: Any) -> None:
    """
    Read all steps.

    Args:
        tiles, sizes, memory, x, hidden, counts, rows: As in `lstm_kernel.forward`.
    """
    tile = tiles[0]
    lanes, high, across = tile
    first, last = rows
    vector, wide = len(lanes), len(lanes) * len(across)
    begin(lanes, sizes, memory, x, hidden, counts, rows)
    deep = sizes.padded + sizes.features
    of_inputs = chunks(sizes.features)
    for number in range(sizes.steps):
        of_states = chunks(sizes.padded) if first_column(sizes, number) == 0 else 0
        for block in range(sizes.blocks):
            bias = at(memory.bias, block * 4 * vector)
            for part in range(of_inputs + of_states):
                start, end = _columns(sizes, part, of_inputs, of_states)
                panel = (at(memory.panels, (block * deep + start) * wide), 0, wide)
                # Inputs, which come first, write the last three vectors; states add to the first three.
                shift = WORD * vector if part < of_inputs else 0
                for row in range(first, last, len(high)):
                    z = at(memory.gates, ((number * sizes.blocks + block) * sizes.rows + row) * 4 * vector)
                    h = at(memory.kept, (number * sizes.rows + row) * sizes.row)
                    if part == 0:
                        for i in range(len(high)):
                            store(fill(lanes, ZERO), z + WORD * i * 4 * vector)
                    left = (h + WORD * start, sizes.row, 0, 1)
                    product_tile(tile, left, panel, (z + shift, 4 * vector), (1, end - start), part)
                    if part == of_inputs + of_states - 1:
                        for i in range(len(high)):
                            before = h + WORD * (i * sizes.row + block * vector)
                            after = before + WORD * sizes.rows * sizes.row
                            _step(lanes, z + WORD * i * 4 * vector, bias, before, after)
        end_step(lanes, sizes, memory, hidden, counts, number, rows)


@jit
def _columns(sizes: Any, part: int, of_inputs: int, of_states: int) -> Any:
    """Return the first column of a part of the product, and the one behind the last."""
    if part < of_inputs:
        return (
            sizes.padded + sizes.features * part // of_inputs,
            sizes.padded + sizes.features * (part + 1) // of_inputs,
        )
    part -= of_inputs
    return sizes.padded * part // of_states, sizes.padded * (part + 1) // of_states


@jit
def _step(lanes: Any, z: int, b: int, before: int, h: int) -> None:
    wide = WORD * len(lanes)
    seen = load(lanes, z) + load(lanes, b)
    r = sigmoid(load(lanes, z + wide) + load(lanes, b + wide))
    u = sigmoid(load(lanes, z + 2 * wide) + load(lanes, b + 2 * wide))
    n = tanh(load(lanes, z + 3 * wide) + load(lanes, b + 3 * wide) + r * seen)
    store(seen, z)
    store(r, z + wide)
    store(u, z + 2 * wide)
    store(n, z + 3 * wide)
    store((load(lanes, before) - n) * u + n, h)


@jit
def backward(
    tiles: Any, sizes: Any, memory: Any, dy: int, dx: int, counts: int, truncate: int, sums: Any, rows: Any
) -> None:
    """
    Take gradients back, last step first.

    Args:
        tiles, sizes, memory, dy, dx, counts, truncate, sums, rows: As in `lstm_kernel.backward`.
    """
    _, tile, back_tile = tiles
    lanes, vector = tile[0], len(tile[0])
    of_panels, of_bias = sums
    begin_back(lanes, sizes, memory, sums, 3 * vector, 4 * vector, rows)
    for number in range(sizes.steps - 1, -1, -1):
        begin_step_back(lanes, sizes, memory, dy, counts, number, rows)
        for block in range(sizes.blocks):
            _steps_back(lanes, sizes, memory, of_bias, number, block, rows)
        states = (first_column(sizes, number), sizes.padded)
        sum_products(tile, sizes, memory, states, of_panels, (4 * vector, 0), number, rows)
        inputs = (sizes.padded, sizes.columns)
        sum_products(tile, sizes, memory, inputs, of_panels, (4 * vector, vector), number, rows)
        pass_to_inputs(back_tile, sizes, memory, (4 * vector, vector, 3 * vector), dx, number, rows)
        end_step_back(back_tile, sizes, memory, (4 * vector, 3 * vector), 1, number, truncate, rows)


@jit
def _steps_back(lanes: Any, sizes: Any, memory: Any, sums: int, number: int, block: int, rows: Any) -> None:
    """Take the gradient of states back to the arguments of gates, and to the states before the step past them."""
    first, last = rows
    wide = WORD * len(lanes)
    total = at(sums, block * 4 * len(lanes))
    of_seen, of_r = load(lanes, total), load(lanes, total + wide)
    of_u, of_n = load(lanes, total + 2 * wide), load(lanes, total + 3 * wide)
    for row in range(first, last):
        z = at(memory.gates, ((number * sizes.blocks + block) * sizes.rows + row) * 4 * len(lanes))
        seen, r = load(lanes, z), load(lanes, z + wide)
        u, n = load(lanes, z + 2 * wide), load(lanes, z + 3 * wide)
        before = load(lanes, at(memory.kept, (number * sizes.rows + row) * sizes.row + block * len(lanes)))
        dh_at = at(memory.dh, row * sizes.across + block * len(lanes))
        dh = load(lanes, dh_at)
        du = (before - n) * dh * (u * (ONE - u))
        dn = (ONE - u) * dh * (ONE - n * n)
        dr = dn * seen * (r * (ONE - r))
        dz = at(memory.dz, (block * sizes.rows + row) * 4 * len(lanes))
        store(dn * r, dz)
        store(dr, dz + wide)
        store(du, dz + 2 * wide)
        store(dn, dz + 3 * wide)
        store(dh * u, dh_at)
        of_seen, of_r, of_u, of_n = of_seen + dn * r, of_r + dr, of_u + du, of_n + dn
    store(of_seen, total)
    store(of_r, total + wide)
    store(of_u, total + 2 * wide)
    store(of_n, total + 3 * wide)
