"""
Products of small matrices in machine code, float32: the right factor lies ready in panels.

Where the same matrix is multiplied by over and over, or products are small, that is faster than a library that has to
arrange its factors anew each time. Imported only where kernels are compiled (`synapse_rx.fast`). Matrices are given by
their addresses and the distances of their rows, and nothing is checked.
"""

from __future__ import annotations

from typing import Any

from ..fast import jit
from ..instructions.addresses import WORD
from .product_tile import product_tile

DEPTH = 160
"""Rows of a panel that are gone through at a time: with 4 vectors of 16 lanes they stay in the first-level cache."""


@jit
def chunks(k: int) -> Any:
    """Return into how many chunks of about equal length k rows of a panel are cut."""
    return max(1, -(-k // DEPTH))


@jit
def multiply_by_panels(tile: Any, shape: Any, a: Any, panels: int, c: Any, adds: int) -> None:
    """
    Put ``A B`` into C, or add it.

    Args:
        tile: As in `product_tile`.
        shape: Rows of C, a multiple of the tile's; its panels, each as wide as the tile; in how many parts what is
            summed over lies, and how long each is.
        a: The address of A and the distances of its rows, of those parts, and within them.
        panels: The address of B: panel behind panel, each (parts, length, width).
        c: The address of C and the distance of its rows.
        adds: Whether to add.
    """
    lanes, high, across = tile
    n, count, parts, length = shape
    left, a_row, a_far, a_by = a
    wide = len(lanes) * len(across)
    steps = min(parts, chunks(parts * length))
    for panel in range(count):
        for step in range(steps):
            start, end = parts * step // steps, parts * (step + 1) // steps
            here = panels + WORD * (panel * parts + start) * length * wide
            for row in range(0, n, len(high)):
                product_tile(
                    tile,
                    (left + WORD * (row * a_row + start * a_far), a_row, a_far, a_by),
                    (here, length * wide, wide),
                    (c[0] + WORD * (row * c[1] + panel * wide), c[1]),
                    (end - start, length),
                    1 if step else adds,
                )
