"""
Whole sequences through long short-term memory in machine code, float32.

A block is what 16 units or so have of each gate: i, f, o and g side by side, as a tile of the product leaves them, so
that gates are worked out on it at once. Imported only where kernels are compiled (`synapse_rx.fast`).
"""

from __future__ import annotations

from typing import Any

from ...fast import jit, jit_inlined
from ...instructions.addresses import WORD
from ...instructions.vector import load, store
from ...products.prepacked_kernel import chunks
from ...products.tile_sums import add_products, store_sums, sums_from
from .gate_kernel import ONE, gates_of_four, tanh
from .sequence_kernel import (
    at,
    begin,
    begin_back,
    begin_step,
    begin_step_back,
    clear,
    copy,
    end_step,
    end_step_back,
    first_column,
    pass_to_inputs,
    sum_products,
)

ALL = ((0,), (0, 0, 0, 0))
"""To which sums of a row products are added: from the first on, to four."""


@jit
def forward(
    tiles: Any, sizes: Any, memory: Any, x: Any, hidden: int, cells: int, counts: int, rows: Any
) -> None:
    """
    Read all steps.

    Args:
        tiles: Those of `tile_sums` for gates, and of `product_tile` for gradients of parameters, and for those of
            states and inputs.
        sizes, memory: `Sizes` and `Memory`.
        x: The address of inputs, and the distances of steps and of samples.
        hidden, cells: All states of the level (T + 2, N, length); those before the first step stand first.
        counts: 1 where a step counts and 0 where none does, (T, N); 0 if all count.
        rows: The first row, and the one behind the last.
    """
    tile = tiles[0]
    lanes, high, _ = tile
    first, last = rows
    vector, wide = len(lanes), 4 * len(lanes)
    begin(lanes, sizes, memory, hidden, rows)
    _begin_cells(lanes, sizes, memory, cells, rows)
    deep = sizes.padded + sizes.features
    down = WORD * sizes.row
    to_next, step = sizes.rows * down, WORD * sizes.blocks * sizes.rows * vector
    for number in range(sizes.steps):
        begin_step(lanes, sizes, memory, x, counts, number, rows)
        skipped = first_column(sizes, number)
        parts = chunks(deep - skipped)
        for block in range(sizes.blocks):
            bias = at(memory.bias, block * wide)
            for part in range(parts):
                start = skipped + (deep - skipped) * part // parts
                many = skipped + (deep - skipped) * (part + 1) // parts - start
                panel = (at(memory.panels, (block * deep + start) * wide), wide)
                for row in range(first, last, len(high)):
                    place = (number * sizes.blocks + block) * sizes.rows + row
                    z = at(memory.gates, place * wide)
                    h = at(memory.kept, (number * sizes.rows + row) * sizes.row)
                    sums = sums_from(tile, z if part else bias, wide if part else 0)
                    sums = add_products(tile, ALL, (at(h, start), sizes.row, 1), panel, many, sums)
                    if part < parts - 1:
                        store_sums(tile, sums, z, wide)
                        continue
                    c = at(memory.cells, place * vector)
                    state = at(h, block * vector) + to_next
                    places = (z, WORD * wide, c, c + step, WORD * vector, state, down)
                    _gates_of_tile(tile, sums, places)
        end_step(lanes, sizes, memory, hidden, counts, number, rows)
    if sizes.started:
        _give_cells(lanes, sizes, memory, cells, rows)


@jit_inlined
def _gates_of_tile(tile: Any, sums: Any, places: Any) -> None:
    """
    Work out gates, cells and states of the two or four rows of a tile: first all gates, so that rows overlap.

    Args:
        tile, sums: Of `tile_sums`.
        places: The addresses of gates, of cells before and after, and of states, those of gates and of states each
            with the distance of rows, and both those of cells with theirs.
    """
    lanes, high, _ = tile
    z, by_gates, before, c, by_cells, h, by_states = places
    o_0, c_0 = _gates(lanes, sums[0:4], z, before, c)
    o_1, c_1 = _gates(lanes, sums[4:8], z + by_gates, before + by_cells, c + by_cells)
    if len(high) > 2:
        z, before, c = z + 2 * by_gates, before + 2 * by_cells, c + 2 * by_cells
        o_2, c_2 = _gates(lanes, sums[8:12], z, before, c)
        o_3, c_3 = _gates(lanes, sums[12:16], z + by_gates, before + by_cells, c + by_cells)
        store(o_2 * tanh(c_2), h + 2 * by_states)
        store(o_3 * tanh(c_3), h + 3 * by_states)
    store(o_0 * tanh(c_0), h)
    store(o_1 * tanh(c_1), h + by_states)


@jit_inlined
def _gates(lanes: Any, sums: Any, z: int, before: int, c: int) -> Any:
    """Write gates and the cell of a row; return the output gate and the cell."""
    wide = WORD * len(lanes)
    i, f, o, g = gates_of_four(lanes, *sums)
    cell = f * load(lanes, before) + i * g
    store(i, z)
    store(f, z + wide)
    store(o, z + 2 * wide)
    store(g, z + 3 * wide)
    store(cell, c)
    return o, cell


@jit
def _begin_cells(lanes: Any, sizes: Any, memory: Any, cells: int, rows: Any) -> None:
    """Take the cells before the first step from those of the level, or zeros."""
    first, last = rows
    wide = len(lanes)
    for block in range(sizes.blocks):
        for row in range(first, last):
            given = min(wide, sizes.units - block * wide) if sizes.started and row < sizes.samples else 0
            into = at(memory.cells, (block * sizes.rows + row) * wide)
            copy(lanes, at(cells, row * sizes.length + sizes.begin + block * wide), into, given)
            clear(lanes, at(into, given), wide - given)


@jit
def _give_cells(lanes: Any, sizes: Any, memory: Any, cells: int, rows: Any) -> None:
    """Write the cells after each step where the level wants them."""
    first, last = rows
    wide = len(lanes)
    for number in range(1, sizes.steps + 1):
        for block in range(sizes.blocks):
            for row in range(first, min(last, sizes.samples)):
                source = at(memory.cells, ((number * sizes.blocks + block) * sizes.rows + row) * wide)
                place = (number * sizes.samples + row) * sizes.length + sizes.begin + block * wide
                copy(lanes, source, at(cells, place), min(wide, sizes.units - block * wide))


@jit
def backward(
    tiles: Any, sizes: Any, memory: Any, dy: int, dx: int, counts: int, truncate: int, sums: Any, rows: Any
) -> None:
    """
    Take gradients back, last step first.

    Args:
        tiles, sizes, memory, counts, rows: As in `forward`; `Memory.dh` is the gradient of the last state.
        dy: Gradients of the state after each step (T, N, units), 0 for none.
        dx: Where those of inputs go, (T, N, features), 0 for none.
        truncate: Steps after which gradients are cut, 0 for never.
        sums: Where those of panels go, (blocks, columns, width), 0 for none; and of biases, (blocks, width).
    """
    _, tile, back_tile = tiles
    lanes, wide = tile[0], 4 * len(tile[0])
    of_panels, of_bias = sums
    begin_back(lanes, sizes, memory, sums, wide, wide, rows)
    for number in range(sizes.steps - 1, -1, -1):
        begin_step_back(lanes, sizes, memory, dy, counts, number, rows)
        for block in range(sizes.blocks):
            _steps_back(lanes, sizes, memory, of_bias, number, block, rows)
        columns = (first_column(sizes, number), sizes.columns)
        sum_products(tile, sizes, memory, columns, of_panels, (wide, 0), number, rows)
        pass_to_inputs(back_tile, sizes, memory, (wide, 0, wide), dx, number, rows)
        end_step_back(back_tile, sizes, memory, (wide, wide), 0, number, truncate, rows)


@jit
def _steps_back(lanes: Any, sizes: Any, memory: Any, sums: int, number: int, block: int, rows: Any) -> None:
    """Take the gradients of states and cells back to the arguments of gates, and to the cells before the step."""
    first, last = rows
    wide = WORD * len(lanes)
    place = (number * sizes.blocks + block) * sizes.rows
    total = at(sums, block * 4 * len(lanes))
    of_i, of_f = load(lanes, total), load(lanes, total + wide)
    of_o, of_g = load(lanes, total + 2 * wide), load(lanes, total + 3 * wide)
    for row in range(first, last):
        z = at(memory.gates, (place + row) * 4 * len(lanes))
        i, f = load(lanes, z), load(lanes, z + wide)
        o, g = load(lanes, z + 2 * wide), load(lanes, z + 3 * wide)
        before = at(memory.cells, (place + row) * len(lanes))
        squashed = tanh(load(lanes, before + wide * sizes.blocks * sizes.rows))
        dc_at = at(memory.dc, (block * sizes.rows + row) * len(lanes))
        dh = load(lanes, at(memory.dh, row * sizes.across + block * len(lanes)))
        dc = load(lanes, dc_at) + dh * o * (ONE - squashed * squashed)
        do = dh * squashed * (o * (ONE - o))
        di = dc * g * (i * (ONE - i))
        dg = dc * i * (ONE - g * g)
        df = dc * load(lanes, before) * (f * (ONE - f))
        dz = at(memory.dz, (block * sizes.rows + row) * 4 * len(lanes))
        store(di, dz)
        store(df, dz + wide)
        store(do, dz + 2 * wide)
        store(dg, dz + 3 * wide)
        store(dc * f, dc_at)
        of_i, of_f, of_o, of_g = of_i + di, of_f + df, of_o + do, of_g + dg
    store(of_i, total)
    store(of_f, total + wide)
    store(of_o, total + 2 * wide)
    store(of_g, total + 3 * wide)
