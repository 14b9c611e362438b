"""
Whole sequences through long short-term memory in machine code, float32.

A block is what 16 units or so have of each gate: i, f, o and g side by side, as a tile of the product leaves them, so
that gates are worked out on it at once. Imported only where kernels are compiled (`synapse_rx.fast`).
"""

from __future__ import annotations

from typing import Any

from ...fast import jit
from ..lanes.product_tile import WORD, product_tile
from ..lanes.vector import load, store
from ..panel_kernel import chunks
from .gate_kernel import ONE, sigmoid, tanh
from .sequence_kernel import (
    at,
    begin,
    begin_back,
    begin_step_back,
    clear,
    copy,
    end_step,
    end_step_back,
    first_column,
    pass_to_inputs,
    sum_products,
)


@jit
def forward(
    tiles: Any, sizes: Any, memory: Any, x: Any, hidden: int, cells: int, counts: int, rows: Any
) -> None:
    """
    Read all steps.

    Args:
        tiles: Those of `product_tile` for gates, for gradients of parameters, and for those of states and inputs.
        sizes, memory: `Sizes` and `Memory`.
        x: The address of inputs, and the distances of steps and of samples.
        hidden, cells: All states of the level (T + 2, N, length); those before the first step stand first.
        counts: 1 where a step counts and 0 where none does, (T, N); 0 if all count.
        rows: The first row, and the one behind the last.
    """
    tile = tiles[0]
    lanes, high, across = tile
    first, last = rows
    vector, part_wide, wide = len(lanes), len(lanes) * len(across), 4 * len(lanes)
    begin(lanes, sizes, memory, x, hidden, counts, rows)
    _begin_cells(lanes, sizes, memory, cells, rows)
    deep = sizes.padded + sizes.features
    for number in range(sizes.steps):
        skipped = first_column(sizes, number)
        parts = chunks(deep - skipped)
        for block in range(sizes.blocks):
            bias = at(memory.bias, block * wide)
            for part in range(parts):
                start = skipped + (deep - skipped) * part // parts
                many = skipped + (deep - skipped) * (part + 1) // parts - start
                panel = at(memory.panels, block * deep * wide + start * part_wide)
                for row in range(first, last, len(high)):
                    place = (number * sizes.blocks + block) * sizes.rows + row
                    z = at(memory.gates, place * wide)
                    h = at(memory.kept, (number * sizes.rows + row) * sizes.row)
                    for side in range(0, wide, part_wide):
                        product_tile(
                            tile,
                            (h + WORD * start, sizes.row, 0, 1),
                            (panel + WORD * side * deep, 0, part_wide),
                            (z + WORD * side, wide),
                            (1, many),
                            part,
                        )
                    if part == parts - 1:
                        after = WORD * (sizes.rows * sizes.row) + WORD * block * vector
                        c = at(memory.cells, place * vector)
                        for i in range(len(high)):
                            _step(
                                lanes,
                                z + WORD * i * wide,
                                bias,
                                c + WORD * i * vector,
                                c + WORD * (i + sizes.blocks * sizes.rows) * vector,
                                h + WORD * i * sizes.row + after,
                            )
        end_step(lanes, sizes, memory, hidden, counts, number, rows)
    if sizes.started:
        _give_cells(lanes, sizes, memory, cells, rows)


@jit
def _step(lanes: Any, z: int, b: int, before: int, c: int, h: int) -> None:
    wide = WORD * len(lanes)
    i = sigmoid(load(lanes, z) + load(lanes, b))
    f = sigmoid(load(lanes, z + wide) + load(lanes, b + wide))
    o = sigmoid(load(lanes, z + 2 * wide) + load(lanes, b + 2 * wide))
    g = tanh(load(lanes, z + 3 * wide) + load(lanes, b + 3 * wide))
    cell = f * load(lanes, before) + i * g
    store(i, z)
    store(f, z + wide)
    store(o, z + 2 * wide)
    store(g, z + 3 * wide)
    store(cell, c)
    store(o * tanh(cell), h)


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
