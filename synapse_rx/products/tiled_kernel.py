"""
Products of matrices in machine code, float32, on one thread, for vectors of 16 numbers (AVX-512).

Imported only where kernels are compiled (`synapse_rx.fast`) and `choose` says that the machine has them. Matrices
are given by the addresses of their first numbers and the distances of their rows, and nothing is checked.

Blocks of rows of B are gone through one after the other, so that the columns of A beside them stay in the cache; of a
block, panels of up to four vectors of columns are written in one piece; and with a panel all rows of C are computed, a
tile at a time, whose sums stay in registers (Goto & van de Geijn, Anatomy of high-performance matrix multiplication,
ACM TOMS 34 (2008); but A is read where it lies, which for the narrow matrices of dense layers costs less than copying).
Columns behind the last whole vector, if they are few, are `narrow_kernel`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..fast import jit
from ..instructions.addresses import ENTRY, WORD, call, whole_number_at
from .narrow_kernel import few, multiply_narrow
from .panel_filling import fill_panel, fill_panel_turned
from .panel_tile import panel_tile

LANES = 16
DEPTH = 256
"""The most rows of a panel: 64 KiB of it, so that it stays in the second-level cache together with what it meets."""

SHALLOW = 128
"""The same where each step in A leads to another page of memory, of which processors know about a hundred at once."""

WIDEST = 4
"""The most vectors beside each other in a panel."""

NARROW_ENTRY = WIDEST + 1
"""Where in the table of `product_kernel` what multiplies by few columns stands, behind what does by panels."""

_LANES, _ONE = (0,) * LANES, (0,)
# Lengths of tuples are lanes, heights of tiles and vectors in a panel; heights leave room in 32 registers.
_SINGLE, _DOUBLE, _TRIPLE, _FOURFOLD = (
    (_LANES, (0,) * high, (0,) * (high - 1), _ONE, (0,) * wide)
    for wide, high in ((1, 16), (2, 14), (3, 8), (4, 6))
)

_few = jit(few)


def multiply_tiled(
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
    table: int,
) -> None:
    """
    Put ``scale A B`` into C, or add it.

    Args:
        n, m, k: Rows and columns of C, and what is summed over.
        scale: The address of this number.
        left, a_row, a_by: The address of A and the distances of its rows and of its columns.
        right, b_row: The address of B and the distance of its rows.
        turned: Whether B is given turned.
        out, c_row: The address of C and the distance of its rows.
        adds: Whether to add.
        table: The address of the table of `product_kernel`, which has what `entries` says of m.
    """
    room = np.empty((DEPTH + LANES) * WIDEST * LANES + LANES, np.float32)
    panel = (room.ctypes.data + 63) // 64 * 64  # whole vectors in lines of the cache
    narrow = _few(m)
    vectors = (m - narrow + LANES - 1) // LANES
    panels = (vectors + WIDEST - 1) // WIDEST
    most = DEPTH if a_by == 1 else SHALLOW
    blocks = (k + most - 1) // most
    depth = ((k + blocks - 1) // blocks + LANES - 1) // LANES * LANES if blocks else most
    for start in range(0, k, depth):
        many = min(depth, k - start)
        more = 1 if start else adds
        for number in range(panels):
            first = vectors * number // panels
            wide = vectors * (number + 1) // panels - first
            first *= LANES
            columns = min(wide * LANES, m - first)
            source = right + WORD * (first * b_row + start if turned else start * b_row + first)
            of_a = left + WORD * start * a_by
            of_c = out + WORD * first
            call(
                whole_number_at(table + ENTRY * wide),
                (n, of_a, a_row, a_by, source, b_row, turned, columns, scale, panel, of_c, c_row, many, more),
            )
    if narrow:
        first = m - narrow
        source = right + WORD * (first * b_row if turned else first)
        call(
            whole_number_at(table + ENTRY * NARROW_ENTRY),
            (n, narrow, k, scale, left, a_row, a_by, source, b_row, turned, out + WORD * first, c_row, adds),
        )
    room[0] = 0  # its memory is given back behind the last line that names it, and not before all is done


def entries(m: int) -> Mapping[int, Callable[..., None]]:
    """Return what products with m columns call, by where it stands in the table."""
    narrow = few(m)
    vectors = -(-(m - narrow) // LANES)
    panels = -(-vectors // WIDEST)
    widths = {vectors * (number + 1) // panels - vectors * number // panels for number in range(panels)}
    found: dict[int, Callable[..., None]] = {wide: PANELS[wide] for wide in sorted(widths)}
    return found | {NARROW_ENTRY: multiply_narrow} if narrow else found


def _by_single(
    n: int, left: int, a_row: int, a_by: int, source: int, b_row: int, turned: int, columns: int, scale: int,
    panel: int, out: int, c_row: int, count: int, adds: int,
) -> None:  # fmt: skip
    b = (source, b_row, turned, columns, scale)
    _multiply_panel(_SINGLE, n, (left, a_row, a_by), b, panel, (out, c_row), count, adds)


def _by_double(
    n: int, left: int, a_row: int, a_by: int, source: int, b_row: int, turned: int, columns: int, scale: int,
    panel: int, out: int, c_row: int, count: int, adds: int,
) -> None:  # fmt: skip
    b = (source, b_row, turned, columns, scale)
    _multiply_panel(_DOUBLE, n, (left, a_row, a_by), b, panel, (out, c_row), count, adds)


def _by_triple(
    n: int, left: int, a_row: int, a_by: int, source: int, b_row: int, turned: int, columns: int, scale: int,
    panel: int, out: int, c_row: int, count: int, adds: int,
) -> None:  # fmt: skip
    b = (source, b_row, turned, columns, scale)
    _multiply_panel(_TRIPLE, n, (left, a_row, a_by), b, panel, (out, c_row), count, adds)


def _by_fourfold(
    n: int, left: int, a_row: int, a_by: int, source: int, b_row: int, turned: int, columns: int, scale: int,
    panel: int, out: int, c_row: int, count: int, adds: int,
) -> None:  # fmt: skip
    b = (source, b_row, turned, columns, scale)
    _multiply_panel(_FOURFOLD, n, (left, a_row, a_by), b, panel, (out, c_row), count, adds)


PANELS: Mapping[int, Callable[..., None]] = {
    1: _by_single,
    2: _by_double,
    3: _by_triple,
    4: _by_fourfold,
}
"""What multiplies by a panel of so many vectors; each is compiled when it is first needed."""


@jit
def _multiply_panel(tiles: Any, n: int, a: Any, b: Any, panel: int, c: Any, count: int, adds: int) -> None:
    """Write a panel of B, and compute what it gives with all rows of A, in tiles of nearly equal heights."""
    lanes, high, lower, one, wide = tiles
    left, a_row, a_by = a
    out, c_row = c
    part = b[3] - (len(wide) - 1) * LANES
    _write_panel((lanes, one, wide), b, panel, count)
    pieces = (n + len(high) - 1) // len(high)
    short = pieces * len(high) - n
    if short > pieces:  # too few rows for that: what is left of them goes one by one
        pieces, short = n // len(high), 0
    i = 0
    for _ in range(pieces - short):
        panel_tile(
            (lanes, high, wide), left + WORD * i * a_row, a_row, a_by, panel,
            out + WORD * i * c_row, c_row, count, adds, part,
        )  # fmt: skip
        i += len(high)
    for _ in range(short):
        panel_tile(
            (lanes, lower, wide), left + WORD * i * a_row, a_row, a_by, panel,
            out + WORD * i * c_row, c_row, count, adds, part,
        )  # fmt: skip
        i += len(lower)
    while i < n:
        panel_tile(
            (lanes, one, wide), left + WORD * i * a_row, a_row, a_by, panel,
            out + WORD * i * c_row, c_row, count, adds, part,
        )  # fmt: skip
        i += 1


@jit
def _write_panel(sizes: Any, b: Any, panel: int, count: int) -> None:
    """Write columns of B, or rows of what is given turned, into a panel."""
    source, b_row, turned, columns, scale = b
    width = len(sizes[2]) * LANES
    if not turned:
        fill_panel(sizes, source, b_row, panel, count, columns - width + LANES, scale)
        return
    for j in range(0, columns, LANES):
        for k in range(0, count, LANES):
            fill_panel_turned(
                sizes, source + WORD * (j * b_row + k), b_row, min(LANES, columns - j),
                panel + WORD * (k * width + j), min(LANES, count - k), scale,
            )  # fmt: skip
