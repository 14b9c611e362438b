"""
Products of small matrices in machine code, float32, on one thread: the right factor lies ready in panels.

Where the same matrix is multiplied by over and over, or products are small, that is faster than a library that has to
arrange its factors anew each time. Imported only where kernels are compiled (`synapse_rx.fast`). Matrices are given by
their addresses and the distances of their rows, and nothing is checked.
"""

from __future__ import annotations

from typing import Any

from ..fast import jit
from .lanes.product_tile import product_tile

WORD = 4
"""Bytes of a number."""

DEPTH = 128
"""Rows of a panel that are gone through at a time: they stay in the first-level cache."""


@jit
def arrange(b: Any, start: int, row: int, by: int, k: int, m: int, panels: Any, wide: int) -> None:
    """
    Write a matrix (k, m) into panels of ``wide`` columns, one behind the other, each (k, its columns).

    Args:
        b: Where it is, flat, from ``start`` on, with the distances of its rows and its columns.
    """
    for first in range(0, m, wide):
        columns = min(wide, m - first)
        if by == 1:
            for i in range(k):
                panel = panels[first * k + i * columns :][:columns]
                source = b[start + i * row + first :][:columns]
                for j in range(columns):
                    panel[j] = source[j]
        else:
            for j in range(columns):
                source = b[start + (first + j) * by :]
                panel = panels[first * k + j :]
                for i in range(k):
                    panel[i * columns] = source[i * row]


@jit
def multiply_panels(tiles: Any, shape: Any, a: Any, panels: int, c: Any, adds: int) -> None:
    """
    Put ``A B`` into C, or add it.

    Args:
        tiles: (lanes, m, 1, p, 1), each as a tuple of that length: the large tile and the sides of those that are left.
        shape: Rows and columns of C, and what is summed over; columns are a multiple of lanes.
        a: The address of A and the distances of its rows and columns.
        panels: The address of B as `arrange` left it.
        c: The address of C and the distance of its rows.
        adds: Whether to add.
    """
    lanes, high, one, wide, thin = tiles
    n, m, k = shape
    left, a_row, a_by = a
    out, c_row = c
    for first in range(0, m, len(wide) * len(lanes)):
        columns = min(len(wide) * len(lanes), m - first)
        for start in range(0, k, DEPTH):
            many = min(DEPTH, k - start)
            more = 1 if start else adds
            panel = panels + WORD * (first * k + start * columns)
            source, into = left + WORD * start * a_by, out + WORD * first
            whole = n - n % len(high)
            if columns == len(wide) * len(lanes):
                for i in range(0, whole, len(high)):
                    product_tile(
                        (lanes, high, wide), source + WORD * i * a_row, a_row, a_by, panel, columns,
                        into + WORD * i * c_row, c_row, many, more,
                    )  # fmt: skip
                for i in range(whole, n):
                    product_tile(
                        (lanes, one, wide), source + WORD * i * a_row, a_row, a_by, panel, columns,
                        into + WORD * i * c_row, c_row, many, more,
                    )  # fmt: skip
            else:
                for j in range(0, columns, len(lanes)):
                    for i in range(0, whole, len(high)):
                        product_tile(
                            (lanes, high, thin), source + WORD * i * a_row, a_row, a_by, panel + WORD * j, columns,
                            into + WORD * (i * c_row + j), c_row, many, more,
                        )  # fmt: skip
                    for i in range(whole, n):
                        product_tile(
                            (lanes, one, thin), source + WORD * i * a_row, a_row, a_by, panel + WORD * j, columns,
                            into + WORD * (i * c_row + j), c_row, many, more,
                        )  # fmt: skip
