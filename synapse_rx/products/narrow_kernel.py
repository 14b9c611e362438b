"""
Products of matrices in machine code, float32, with a few columns only: those that `tiled_kernel` leaves over.

Imported only where kernels are compiled (`synapse_rx.fast`) and `choose` says that the machine has vectors of 16
numbers. A vector of so few columns would be empty but for these. Where the rows of A lie in one piece, it holds four k
of four columns instead; where the columns do, it holds rows of C.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..fast import jit
from ..instructions.addresses import WORD, number_at, put
from .narrow_tile import FOLD, folded_tile, spread_tile
from .panel_filling import fill_panel, fill_panel_turned

LANES = 16
NARROW, ALONE = 8, 12
"""The most columns that are few, behind others and by themselves: more fill a vector well enough."""

DEPTH = 256
"""The most k at a time, so that what is read again stays in the cache."""

HIGH = 8
"""Rows of C at a time where vectors hold four k."""

WIDE = 4
"""Vectors of rows of C beside each other."""

_LANES, _ONE = (0,) * LANES, (0,)
_FOLDED = (_LANES, (0,) * HIGH, _ONE)
_GROUP = ((0,) * FOLD, _ONE, _ONE)
_SPREAD, _SINGLE = (_LANES, (0,) * FOLD, (0,) * WIDE), (_LANES, (0,) * FOLD, _ONE)


def few(m: int) -> int:
    """Return how many of m columns, the last, are few."""
    rest = m % LANES
    return m if m <= ALONE else rest if rest <= NARROW else 0


def multiply_narrow(
    n: int,
    m: int,
    k: int,
    scale: int,
    left: int,
    a_row: int,
    a_by: int,
    right: int,
    b_row: int,
    turned: int,
    out: int,
    c_row: int,
    adds: int,
) -> None:
    """Put ``scale A B``, of few columns, into C, or add it: as `tiled_kernel.multiply_tiled`."""
    room = np.empty((DEPTH + FOLD + WIDE * LANES) * FOLD, np.float32)
    panel = room.ctypes.data
    for first in range(0, m, FOLD):
        columns = min(FOLD, m - first)
        into = (out + WORD * first, c_row, columns)
        for start in range(0, k, DEPTH):
            many = min(DEPTH, k - start)
            source = right + WORD * (first * b_row + start if turned else start * b_row + first)
            of_b = (source, b_row, turned, columns, scale)
            more = 1 if start else adds
            if a_by == 1:
                _fold(n, (left + WORD * start, a_row), of_b, panel, into, many, more)
            else:
                _spread(n, (left + WORD * start * a_by, a_by), of_b, panel, into, many, more)
    room[0] = 0  # its memory is given back behind the last line that names it, and not before all is done


@jit
def _fold(n: int, a: Any, b: Any, panel: int, c: Any, many: int, adds: int) -> None:
    """Compute with four k of each column in a vector."""
    left, a_row = a
    source, b_row, turned, columns, scale = b
    sums = panel + WORD * FOLD * (many + FOLD)
    for k in range(0, many, FOLD):
        group, length = panel + WORD * FOLD * k, min(FOLD, many - k)
        if turned:
            fill_panel(_GROUP, source + WORD * k, b_row, group, columns, length, scale)
        else:
            fill_panel_turned(_GROUP, source + WORD * k * b_row, b_row, length, group, columns, scale)
    for i in range(0, n, HIGH):
        folded_tile(_FOLDED, left + WORD * i * a_row, a_row, n - 1 - i, panel, many, sums)
        for row in range(min(HIGH, n - i)):
            for j in range(columns):
                _give(number_at(sums + WORD * (row * FOLD + j)), c, i + row, j, adds)


@jit
def _spread(n: int, a: Any, b: Any, panel: int, c: Any, many: int, adds: int) -> None:
    """Compute with rows of C in vectors, up to four beside each other."""
    left, a_by = a
    source, b_row, turned, columns, scale = b
    sums = panel + WORD * FOLD * (many + FOLD)
    if turned:
        for k in range(0, many, FOLD):
            length, group = min(FOLD, many - k), panel + WORD * FOLD * k
            fill_panel_turned(_GROUP, source + WORD * k, b_row, columns, group, length, scale)
    else:
        fill_panel(_GROUP, source, b_row, panel, many, columns, scale)
    i = 0
    while i < n:
        high = WIDE * LANES if n - i > (WIDE - 1) * LANES else LANES
        high = min(high, n - i)
        here = left + WORD * i
        if high > LANES:
            part = high - (WIDE - 1) * LANES
            spread_tile(_SPREAD, panel, here, a_by, part, many, sums, WIDE * LANES)
        else:
            spread_tile(_SINGLE, panel, here, a_by, high, many, sums, WIDE * LANES)
        for row in range(high):
            for j in range(columns):
                _give(number_at(sums + WORD * (j * WIDE * LANES + row)), c, i + row, j, adds)
        i += high


@jit
def _give(total: Any, c: Any, i: int, j: int, adds: int) -> None:
    """Write a number into C, or add it."""
    place = c[0] + WORD * (i * c[1] + j)
    put(total + number_at(place) if adds else total, place)
