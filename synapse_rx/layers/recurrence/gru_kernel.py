"""
Whole sequences through gated recurrent units in machine code, float32, the reset gate behind the product.

A block is h U_n + c, which the reset gate acts on, and the gates r, u and n of the same units: states add to the first
three, inputs to the last three. Imported only where kernels are compiled (`synapse_rx.fast`).
"""

from __future__ import annotations

from typing import Any

from ...fast import jit, jit_inlined
from ...instructions.addresses import WORD
from ...instructions.vector import load, store
from ...products.prepacked_kernel import chunks
from ...products.tile_sums import add_products, store_sums, sums_from
from .gate_kernel import ONE, sigmoid_of_two, tanh
from .sequence_kernel import (
    at,
    begin,
    begin_back,
    begin_step,
    begin_step_back,
    end_step,
    end_step_back,
    first_column,
    pass_to_inputs,
    sum_products,
)

BEFORE, BEHIND = ((0,), (0, 0, 0)), ((0, 0), (0, 0, 0))
"""To which sums of a row products are added: those of states to the first three, of inputs to the last three."""


@jit
def forward(tiles: Any, sizes: Any, memory: Any, x: Any, hidden: int, counts: int, rows: Any) -> None:
    """
    Read all steps.

    Args:
        tiles, sizes, memory, x, hidden, counts, rows: As in `lstm_kernel.forward`.
    """
    tile = tiles[0]
    lanes, high, _ = tile
    first, last = rows
    vector, wide = len(lanes), 3 * len(lanes)
    begin(lanes, sizes, memory, hidden, rows)
    deep = sizes.padded + sizes.features
    down = WORD * sizes.row
    for number in range(sizes.steps):
        begin_step(lanes, sizes, memory, x, counts, number, rows)
        skipped = first_column(sizes, number)
        parts = chunks(deep - skipped)
        for block in range(sizes.blocks):
            bias = at(memory.bias, block * 4 * vector)
            for part in range(parts):
                start = skipped + (deep - skipped) * part // parts
                end = skipped + (deep - skipped) * (part + 1) // parts
                inputs = min(max(start, sizes.padded), end)
                panels = at(memory.panels, block * deep * wide)
                of_states, of_inputs = at(panels, start * wide), at(panels, inputs * wide)
                for row in range(first, last, len(high)):
                    place = (number * sizes.blocks + block) * sizes.rows + row
                    z = at(memory.gates, place * 4 * vector)
                    h = at(memory.kept, (number * sizes.rows + row) * sizes.row)
                    sums = sums_from(tile, z if part else bias, 4 * vector if part else 0)
                    left = (at(h, inputs), sizes.row, 1)
                    sums = add_products(tile, BEHIND, left, (of_inputs, wide), end - inputs, sums)
                    left = (at(h, start), sizes.row, 1)
                    sums = add_products(tile, BEFORE, left, (of_states, wide), inputs - start, sums)
                    if part < parts - 1:
                        store_sums(tile, sums, z, 4 * vector)
                        continue
                    before = at(h, block * vector)
                    places = (z, 4 * vector * WORD, before, before + sizes.rows * down, down)
                    _gates_of_tile(tile, sums, places)
        end_step(lanes, sizes, memory, hidden, counts, number, rows)


@jit_inlined
def _gates_of_tile(tile: Any, sums: Any, places: Any) -> None:
    """
    Work out gates and states of the two or four rows of a tile: first r and u of all, so that rows overlap.

    Args:
        tile, sums: Of `tile_sums`.
        places: The address of gates and the distance of rows; those of states before and after, and the distance.
    """
    lanes, high, _ = tile
    z, by_gates, before, h, down = places
    u_0, n_0 = _gates(lanes, sums[0:4], z)
    u_1, n_1 = _gates(lanes, sums[4:8], z + by_gates)
    if len(high) > 2:
        u_2, n_2 = _gates(lanes, sums[8:12], z + 2 * by_gates)
        u_3, n_3 = _gates(lanes, sums[12:16], z + 3 * by_gates)
        further = z + 2 * by_gates, by_gates, before + 2 * down, h + 2 * down, down
        _states(lanes, (u_2, u_3), (n_2, n_3), further)
    _states(lanes, (u_0, u_1), (n_0, n_1), places)


@jit_inlined
def _gates(lanes: Any, sums: Any, z: int) -> Any:
    """Write r, u and what the former acts on of a row; return u, and what n is tanh of."""
    wide = WORD * len(lanes)
    seen, of_r, of_u, of_n = sums
    r, u = sigmoid_of_two(lanes, of_r, of_u)
    store(seen, z)
    store(r, z + wide)
    store(u, z + 2 * wide)
    return u, of_n + r * seen


@jit_inlined
def _states(lanes: Any, u: Any, of_n: Any, places: Any) -> None:
    """Write n and the states of two rows."""
    z, by_gates, before, h, down = places
    to_n = 3 * WORD * len(lanes)
    one, other = tanh(of_n[0]), tanh(of_n[1])
    store(one, z + to_n)
    store(other, z + to_n + by_gates)
    store((load(lanes, before) - one) * u[0] + one, h)
    store((load(lanes, before + down) - other) * u[1] + other, h + down)


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
