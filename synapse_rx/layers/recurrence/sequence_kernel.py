"""
How kernels go through sequences, whatever happens in a step: states, ends, and products of gradients.

Imported only where kernels are compiled (`synapse_rx.fast`). All work on ``rows``, the first and the one behind the
last, so that several threads share a batch; sizes and memory are `Sizes` and `Memory`, and arrays are addresses, 0 for
none.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...fast import jit
from ...instructions.addresses import WORD, number_at, put
from ...instructions.vector import fill, load, store
from ...products.prepacked_kernel import DEPTH, multiply_by_panels
from ...products.product_tile import product_tile_expecting

ZERO = np.float32(0)


@jit
def at(address: int, place: int) -> Any:
    """Return the address of a number of an array."""
    return address + WORD * place


@jit
def copy(lanes: Any, source: int, into: int, count: int) -> None:
    """Copy numbers; ``lanes`` is a tuple as long as a vector."""
    whole = count - count % len(lanes)
    for k in range(0, whole, len(lanes)):
        store(load(lanes, at(source, k)), at(into, k))
    if count == whole:
        return
    if whole:  # the last vector takes some numbers that were copied already
        store(load(lanes, at(source, count - len(lanes))), at(into, count - len(lanes)))
        return
    for k in range(count):
        put(number_at(at(source, k)), at(into, k))


@jit
def clear(lanes: Any, into: int, count: int) -> None:
    """Write zeros."""
    whole = count - count % len(lanes)
    for k in range(0, whole, len(lanes)):
        store(fill(lanes, ZERO), at(into, k))
    for k in range(whole, count):
        put(ZERO, at(into, k))


@jit
def step_of(sizes: Any, number: int) -> Any:
    """Return which step is read as the one ``number``."""
    return sizes.steps - 1 - number if sizes.reverse else number


@jit
def counted(sizes: Any, counts: int, number: int, row: int) -> Any:
    """Return whether a step counts for a sample."""
    t = step_of(sizes, number)
    return counts == 0 or number_at(at(counts, t * sizes.samples + row)) != ZERO


@jit
def first_column(sizes: Any, number: int) -> Any:
    """Return the first column of `Memory.kept` that counts in a step: states before the first one may be zeros."""
    return 0 if sizes.started or number > 0 else sizes.padded


@jit
def passes_on(number: int, truncate: int) -> Any:
    """Return whether gradients go on behind the step ``number``."""
    return number > 0 and (truncate == 0 or number % truncate > 0)


@jit
def begin(lanes: Any, sizes: Any, memory: Any, hidden: int, rows: Any) -> None:
    """
    Keep the states before the first step, with zeros where nothing is.

    Args:
        hidden: States of the level, of which those before the first step stand first.
    """
    first, last = rows
    for row in range(first, last):
        given = sizes.units if sizes.started and row < sizes.samples else 0
        copy(lanes, at(hidden, row * sizes.length + sizes.begin), at(memory.kept, row * sizes.row), given)
        clear(lanes, at(memory.kept, row * sizes.row + given), sizes.padded - given)


@jit
def begin_step(lanes: Any, sizes: Any, memory: Any, x: Any, counts: int, number: int, rows: Any) -> None:
    """
    Keep the inputs of a step, with zeros where nothing is.

    Args:
        x: The address of inputs, and the distances of steps and of samples.
    """
    first, last = rows
    address, by_step, by_sample = x
    t = step_of(sizes, number)
    source = at(address, t * by_step)
    into = at(memory.kept, number * sizes.rows * sizes.row + sizes.padded)
    width, whole = sizes.row - sizes.padded, sizes.features - sizes.features % len(lanes)
    for row in range(first, last):
        for k in range(whole, width, len(lanes)):
            store(fill(lanes, ZERO), at(into, row * sizes.row + k))
    filled = max(first, min(last, sizes.samples))
    if counts == 0:
        for row in range(first, filled):
            copy(lanes, at(source, row * by_sample), at(into, row * sizes.row), sizes.features)
    else:
        for row in range(first, filled):
            if counted(sizes, counts, number, row):
                copy(lanes, at(source, row * by_sample), at(into, row * sizes.row), sizes.features)
            else:
                clear(lanes, at(into, row * sizes.row), whole)
    for row in range(filled, last):
        clear(lanes, at(into, row * sizes.row), whole)


@jit
def end_step(lanes: Any, sizes: Any, memory: Any, hidden: int, counts: int, number: int, rows: Any) -> None:
    """Write zeros over states of samples for which a step does not count; give states where the level wants them."""
    first, last = rows
    t, last = step_of(sizes, number), min(last, sizes.samples)
    if counts:
        for row in range(first, last):
            if not counted(sizes, counts, number, row):
                clear(lanes, at(memory.kept, ((number + 1) * sizes.rows + row) * sizes.row), sizes.padded)
                for block in range(sizes.blocks if sizes.cells else 0):
                    place = ((number + 1) * sizes.blocks + block) * sizes.rows + row
                    clear(lanes, at(memory.cells, place * sizes.cells), sizes.cells)
    if sizes.whole or number == sizes.steps - 1:
        for row in range(first, last):
            source = at(memory.kept, ((number + 1) * sizes.rows + row) * sizes.row)
            into = at(hidden, ((t + 1) * sizes.samples + row) * sizes.length + sizes.begin)
            copy(lanes, source, into, sizes.units)


@jit
def begin_back(lanes: Any, sizes: Any, memory: Any, sums: Any, width: int, block: int, rows: Any) -> None:
    """
    Write zeros where gradients are summed up or begin.

    Args:
        sums: Where gradients of panels are, 0 for none, and of biases.
        width, block: Numbers in a row of a block of the former, and of the latter.
    """
    first, last = rows
    of_panels, of_bias = sums
    clear(lanes, of_bias, sizes.blocks * block)
    if of_panels and sizes.steps == 1:  # otherwise the last step writes all of it
        clear(lanes, of_panels, sizes.blocks * sizes.columns * width)
    _clear_cells(lanes, sizes, memory, first, last)


@jit
def begin_step_back(
    lanes: Any, sizes: Any, memory: Any, dy: int, counts: int, number: int, rows: Any
) -> None:
    """Add what a step is given, dy (T, N, units), to the gradient of its state, and cut gradients at ends."""
    first, last = rows
    t = step_of(sizes, number)
    if dy == 0 and counts == 0:
        return
    for row in range(first, min(last, sizes.samples)):
        into = at(memory.dh, row * sizes.across)
        if dy:
            source = at(dy, (t * sizes.samples + row) * sizes.units)
            for k in range(sizes.units):
                put(number_at(at(into, k)) + number_at(at(source, k)), at(into, k))
        if not counted(sizes, counts, number, row):
            _stop(lanes, sizes, memory, row, row + 1)


@jit
def end_step_back(
    tile: Any, sizes: Any, memory: Any, gap: Any, adds: int, number: int, truncate: int, rows: Any
) -> None:
    """
    Turn gradients of a step into that of the states before it, or add that, unless none is to go on.

    Args:
        tile: As in `product_tile`.
        gap: Numbers in a row of a block of `Memory.dz`, and how many of them count.
        truncate: Steps after which gradients are cut, 0 for never.
    """
    first, last = rows
    if not passes_on(number, truncate):
        _stop(tile[0], sizes, memory, first, last)
        return
    distance, length = gap
    multiply_by_panels(
        tile,
        (last - first, sizes.across // (len(tile[0]) * len(tile[2])), sizes.blocks, length),
        (at(memory.dz, first * distance), distance, sizes.rows * distance, 1),
        memory.turned,
        (at(memory.dh, first * sizes.across), sizes.across),
        adds,
    )


@jit
def _stop(lanes: Any, sizes: Any, memory: Any, first: int, last: int) -> None:
    """Let no gradient go on."""
    clear(lanes, at(memory.dh, first * sizes.across), (last - first) * sizes.across)
    _clear_cells(lanes, sizes, memory, first, last)


@jit
def _clear_cells(lanes: Any, sizes: Any, memory: Any, first: int, last: int) -> None:
    """Write zeros over the gradients of cells, if there are any."""
    for block in range(sizes.blocks if sizes.cells else 0):
        place = (block * sizes.rows + first) * sizes.cells
        clear(lanes, at(memory.dc, place), (last - first) * sizes.cells)


@jit
def sum_products(
    tile: Any, sizes: Any, memory: Any, columns: Any, sums: int, gap: Any, number: int, rows: Any
) -> None:
    """
    Add products of what was kept of a step with its gradients to those of parameters, if they are wanted.

    Meanwhile what the step before will read comes into the cache: a core multiplies faster than it reads.

    Args:
        tile: As in `product_tile`, as wide as a block of sums.
        columns: The first of the columns of `Memory.kept` and the one behind the last.
        sums: Where they go, (blocks, columns in all, width); the last step, which comes first, writes.
        gap: Numbers in a row of a block of `Memory.dz`, and the first of those that count.
    """
    if sums == 0:
        return
    lanes, high, across = tile
    wide = len(lanes) * len(across)
    start, end = columns
    start -= start % len(high)
    first, last = rows
    distance, offset = gap
    adds = number < sizes.steps - 1
    tiles = -(-(end - start) // len(high))
    for block in range(sizes.blocks):
        for row in range(first, last, DEPTH):
            many = min(DEPTH, last - row)
            right = at(memory.dz, (block * sizes.rows + row) * distance + offset)
            left = at(memory.kept, (number * sizes.rows + row) * sizes.row)
            for column in range(start, end, len(high)):
                product_tile_expecting(
                    tile,
                    (at(left, column), 1, 0, sizes.row),
                    (right, 0, distance),
                    (at(sums, (block * sizes.columns + column) * wide), wide),
                    (1, many),
                    int(adds or row > first),
                    _step_before(
                        sizes, memory, block, number, (row, many), ((column - start) // len(high), tiles)
                    ),
                )


@jit
def _step_before(sizes: Any, memory: Any, block: int, number: int, rows: Any, part: Any) -> Any:
    """
    Return where a part of what gradients of the step before are made of is, gates or cells, to be expected.

    Args:
        rows: The first row, and how many.
        part: Which part it is, and of how many.
    """
    first, many = rows
    one, parts = part
    place = ((max(number, 1) - 1) * sizes.blocks + block) * sizes.rows + first
    width = sizes.gates + sizes.cells
    start = many * width * one // parts
    by = WORD * width // parts + 1
    if start < many * sizes.gates:
        return at(memory.gates, place * sizes.gates + start), by
    return at(memory.cells, place * sizes.cells + start - many * sizes.gates), by


@jit
def pass_to_inputs(tile: Any, sizes: Any, memory: Any, gap: Any, dx: int, number: int, rows: Any) -> None:
    """
    Write gradients of the inputs of a step into dx (T, N, features), if they are wanted.

    Args:
        tile: As in `product_tile`.
        gap: Numbers in a row of a block of `Memory.dz`, the first of those that count, and how many do.
    """
    if dx == 0:
        return
    first, last = rows
    distance, offset, length = gap
    multiply_by_panels(
        tile,
        (last - first, sizes.inputs_across // (len(tile[0]) * len(tile[2])), sizes.blocks, length),
        (at(memory.dz, first * distance + offset), distance, sizes.rows * distance, 1),
        memory.turned_inputs,
        (at(memory.dx, first * sizes.inputs_across), sizes.inputs_across),
        0,
    )
    t = step_of(sizes, number)
    for row in range(first, min(last, sizes.samples)):
        into = at(dx, (t * sizes.samples + row) * sizes.features)
        copy(tile[0], at(memory.dx, row * sizes.inputs_across), into, sizes.features)
