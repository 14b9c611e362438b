"""
Parameters arranged in blocks, as kernels of sequences want them, and gradients of such blocks put back.

A *block* holds the vectors of gates that belong together, side by side. Where they are in a row of a parameter is said
by ``order``: for every vector of a block where it begins in the row, and how far that of the next block is; for every
vector the number of its first unit, and how many further that of the next block is. Lanes behind the last unit are
zeros. Arrays are addresses. Imported only where kernels are compiled (`synapse_rx.fast`).
"""

from __future__ import annotations

from typing import Any

from ...fast import jit
from ..lanes.vector import load, number_at, put, store
from .sequence_kernel import at, clear, copy


@jit
def arrange(lanes: Any, values: int, shape: Any, order: Any, into: int, place: Any) -> None:
    """
    Write rows of a parameter into blocks.

    Args:
        lanes: A tuple as long as a vector.
        values: The parameter.
        shape: Its rows, their distance, its units.
        order: As in the module.
        into: Blocks of rows of vectors.
        place: How many blocks; how many numbers from a block to the next, and from a row to the next.
    """
    rows, length, units = shape
    begins, by, numbers, further = order
    blocks, gap, row_gap = place
    wide = len(lanes)
    for row in range(rows):
        for vector in range(len(begins)):
            source = at(values, row * length + begins[vector])
            target = at(into, row * row_gap + vector * wide)
            for block in range(blocks):
                many = max(0, min(wide, units - numbers[vector] - block * further))
                copy(lanes, at(source, block * by), at(target, block * gap), many)
                clear(lanes, at(target, block * gap + many), wide - many)


@jit
def arrange_turned(lanes: Any, values: int, shape: Any, order: Any, into: int, place: Any) -> None:
    """
    Write a parameter turned into panels: rows are those of blocks, one behind the other, columns are its rows.

    Args:
        lanes, values, shape, order: As in `arrange`.
        into: Panels.
        place: How many blocks; how wide a panel is; how many panels there are.
    """
    rows, length, units = shape
    begins, by, numbers, further = order
    blocks, panel, count = place
    wide = len(lanes)
    deep = blocks * len(begins) * wide
    if rows < count * panel or units % wide:
        clear(lanes, into, count * panel * deep)
    for row in range(rows):
        corner = (row // panel) * panel * deep + row % panel
        for block in range(blocks):
            for vector in range(len(begins)):
                many = min(wide, units - numbers[vector] - block * further)
                source = at(values, row * length + begins[vector] + block * by)
                here = at(into, corner + (block * len(begins) + vector) * wide * panel)
                for lane in range(many):
                    put(number_at(at(source, lane)), at(here, lane * panel))


@jit
def put_back(lanes: Any, sums: int, hands: int, place: Any, order: Any, into: int, shape: Any) -> None:
    """
    Write blocks, summed up over several of them that lie one behind the other, into a parameter's gradient.

    Args:
        lanes, order: As in `arrange`.
        sums: Blocks of rows of vectors.
        hands: How many of them.
        place: How many blocks; how many numbers from a block to the next, from a row to the next, and from those of a
            hand to the next.
        into: The gradient.
        shape: Rows, their distance, units.
    """
    rows, length, units = shape
    begins, by, numbers, further = order
    blocks, gap, row_gap, apart = place
    wide = len(lanes)
    for row in range(rows):
        for vector in range(len(begins)):
            source = at(sums, row * row_gap + vector * wide)
            target = at(into, row * length + begins[vector])
            for block in range(blocks):
                many = max(0, min(wide, units - numbers[vector] - block * further))
                here = at(target, block * by)
                copy(lanes, at(source, block * gap), here, many)
                for hand in range(1, hands):
                    _add(lanes, at(source, hand * apart + block * gap), here, many)


@jit
def _add(lanes: Any, source: int, into: int, count: int) -> None:
    if count == len(lanes):
        store(load(lanes, into) + load(lanes, source), into)
        return
    for k in range(count):
        put(number_at(at(into, k)) + number_at(at(source, k)), at(into, k))
