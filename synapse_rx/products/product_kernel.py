"""
Matrix products in machine code, float32, of arrays given by the addresses of their first numbers and their row lengths.

They are the library's (`library_kernel`) or, where `tiled_products` has them, our own (`tiled_kernel`).
Imported only where kernels are compiled (`synapse_rx.fast`). Nothing is checked.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..fast import address, jit
from ..instructions.addresses import WORD, call, whole_number_at
from .choose import why_not_our_own
from .library_kernel import multiply, multiply_by_turned, multiply_turned

LITTLE = 65536
"""With fewer multiplications than this the library's way to begin is shorter than ours."""

AS_THEY_ARE, RIGHT_TURNED, LEFT_TURNED = 0, 1, 2


def tiled_products(*columns: int) -> int:
    """
    Return where our own products are; 0 where the library's are taken (`choose`).

    Args:
        columns: How many columns their results may have; what these need is compiled. None for any number.
    """
    if why_not_our_own() is not None:
        return 0
    from .tiled_kernel import LANES, WIDEST, entries, multiply_tiled

    if not _table[0]:
        _table[0] = address(multiply_tiled)
    for m in set(columns) or range(1, 2 * WIDEST * LANES):
        for place, kernel in entries(m).items():
            if not _table[place]:
                _table[place] = address(kernel)
    return _table.ctypes.data


def product(
    tiled: int,
    turned: int,
    n: int,
    m: int,
    k: int,
    scale: int,
    left: int,
    a_row: int,
    right: int,
    b_row: int,
    adds: int,
    out: int,
    c_row: int,
    numbers: int,
) -> None:
    """Do what `multiply_any` does, called by its address."""
    multiply_any(tiled, turned, (n, m, k), scale, (left, a_row), (right, b_row), adds, (out, c_row), numbers)


_table = np.zeros(8, np.int64)
"""The addresses of what is called for a product, and of what that calls (`tiled_kernel`)."""


@jit
def multiply_any(
    tiled: int, turned: int, shape: Any, scale: int, a: Any, b: Any, adds: int, c: Any, numbers: int
) -> None:
    """
    Put ``scale A B``, ``scale A B^T`` or ``scale A^T B`` into C, or add it.

    Args:
        tiled: What `tiled_products` said, or 0.
        turned: Which of these it is.
        shape, scale, a, b, c: As for `multiply`.
        adds: Whether to add.
        numbers: The address of the numbers 0 and 1.
    """
    n, m, k = shape
    if tiled and n * m * k >= LITTLE:
        a_row, a_by = (1, a[1]) if turned == LEFT_TURNED else (a[1], 1)
        by_turned = int(turned == RIGHT_TURNED)
        numbers_of = (n, m, k, scale, a[0], a_row, a_by, b[0], b[1], by_turned, c[0], c[1], adds, tiled)
        call(whole_number_at(tiled), numbers_of)
        return
    factor = numbers + WORD * adds
    if turned == AS_THEY_ARE:
        multiply(shape, scale, a, b, factor, c)
    elif turned == RIGHT_TURNED:
        multiply_by_turned(shape, scale, a, b, factor, c)
    else:
        multiply_turned(shape, scale, a, b, factor, c)
