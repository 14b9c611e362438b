"""
Whole sequences through the simple recurrent layer in machine code, float32, with tanh or rectification.

A block is several vectors of units. Imported only where kernels are compiled (`synapse_rx.fast`).
"""

from __future__ import annotations

from typing import Any

from ...fast import jit, jit_inlined
from ...instructions.addresses import WORD
from ...instructions.vector import load, rectify, store, where_positive
from ...products.prepacked_kernel import chunks
from ...products.tile_sums import add_products, store_sums, sums_from
from .gate_kernel import ONE, tanh_of_two
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

BOTH = ((0,), (0, 0))
"""To which sums of a row products are added: from the first on, to both."""


@jit
def forward(
    tiles: Any, sizes: Any, memory: Any, rectified: int, x: Any, hidden: int, counts: int, rows: Any
) -> None:
    """
    Read all steps.

    Args:
        tiles, sizes, memory, x, hidden, counts, rows: As in `lstm_kernel.forward`.
        rectified: Whether the function is max(z, 0), not tanh.
    """
    tile = tiles[0]
    lanes, high, across = tile
    first, last = rows
    wide = len(lanes) * len(across)
    begin(lanes, sizes, memory, hidden, rows)
    deep = sizes.padded + sizes.features
    down = WORD * sizes.row
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
                    kept = at(memory.kept, (number * sizes.rows + row) * sizes.row)
                    h = at(kept, block * wide) + sizes.rows * down
                    sums = sums_from(tile, h if part else bias, sizes.row if part else 0)
                    sums = add_products(tile, BOTH, (at(kept, start), sizes.row, 1), panel, many, sums)
                    if part < parts - 1:
                        store_sums(tile, sums, h, sizes.row)
                        continue
                    _step(lanes, sums[0:2], h, rectified)
                    _step(lanes, sums[2:4], h + down, rectified)
                    _step(lanes, sums[4:6], h + 2 * down, rectified)
                    _step(lanes, sums[6:8], h + 3 * down, rectified)
                    if len(high) > 4:
                        h += 4 * down
                        _step(lanes, sums[8:10], h, rectified)
                        _step(lanes, sums[10:12], h + down, rectified)
                        _step(lanes, sums[12:14], h + 2 * down, rectified)
                        _step(lanes, sums[14:16], h + 3 * down, rectified)
        end_step(lanes, sizes, memory, hidden, counts, number, rows)


@jit_inlined
def _step(lanes: Any, sums: Any, h: int, rectified: int) -> None:
    one, other = sums
    if rectified:
        one, other = rectify(one), rectify(other)
    else:
        one, other = tanh_of_two(lanes, one, other)
    store(one, h)
    store(other, h + WORD * len(lanes))


@jit
def backward(
    tiles: Any,
    sizes: Any,
    memory: Any,
    rectified: int,
    dy: int,
    dx: int,
    counts: int,
    truncate: int,
    sums: Any,
    rows: Any,
) -> None:
    """
    Take gradients back, last step first.

    Args:
        rectified: As in `forward`.
        tiles, sizes, memory, dy, dx, counts, truncate, sums, rows: As in `lstm_kernel.backward`.
    """
    _, tile, back_tile = tiles
    lanes, wide = tile[0], len(tile[0]) * len(tile[2])
    of_panels, of_bias = sums
    begin_back(lanes, sizes, memory, sums, wide, wide, rows)
    for number in range(sizes.steps - 1, -1, -1):
        begin_step_back(lanes, sizes, memory, dy, counts, number, rows)
        for block in range(sizes.blocks):
            for k in range(0, wide, len(lanes)):
                _steps_back(lanes, sizes, memory, of_bias, rectified, number, (block * wide, k, wide), rows)
        columns = (first_column(sizes, number), sizes.columns)
        sum_products(tile, sizes, memory, columns, of_panels, (wide, 0), number, rows)
        pass_to_inputs(back_tile, sizes, memory, (wide, 0, wide), dx, number, rows)
        end_step_back(back_tile, sizes, memory, (wide, wide), 0, number, truncate, rows)


@jit
def _steps_back(
    lanes: Any, sizes: Any, memory: Any, sums: int, rectified: int, number: int, place: Any, rows: Any
) -> None:
    """
    Take the gradient of states back to the function's arguments.

    Args:
        place: Of the vector, the first number of its block in a row, its first one in the block; the block's width.
    """
    start, k, wide = place
    first, last = rows
    bias = at(sums, start + k)
    total = load(lanes, bias)
    for row in range(first, last):
        h = load(lanes, at(memory.kept, ((number + 1) * sizes.rows + row) * sizes.row + start + k))
        dh = load(lanes, at(memory.dh, row * sizes.across + start + k))
        dz = where_positive(h, dh) if rectified else dh * (ONE - h * h)
        store(dz, at(memory.dz, start * sizes.rows + row * wide + k))
        total = total + dz
    store(total, bias)
