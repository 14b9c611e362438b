"""Rows of a table by number."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..scratch import Scratch
from ..typing import Array


def take_rows(table: Array, numbers: Array, out: Array, s: Scratch) -> None:
    """
    Write ``table[numbers]`` into ``out``; the numbers must be within the table.

    Shapes:
        table (R, *shape), numbers (K,) whole, out (K, *shape)
    """
    if isinstance(table, np.ndarray):
        np.take(table, numbers, axis=0, out=out, mode="clip")  # any other mode makes a copy of out
    else:
        s.xp.take(table, numbers, axis=0, out=out)


def add_rows(table: Array, numbers: Array, values: Array, s: Scratch) -> None:
    """
    Add each row of ``values`` to the row of ``table`` that its number names; numbers may occur any number of times.

    On the CPU the rows are added in their order, so that one input gives one sum.

    Shapes:
        table (R, width), numbers (K,) whole and K a multiple of the batch, values (K, width)
    """
    width = table.shape[1]
    # Element by element over a flat table is three times as fast in numpy as row by row.
    places = s.array("places", (math.prod(values.shape) // s.n,), np.int64).reshape(values.shape)
    s.xp.multiply(numbers[:, None], width, out=places)
    s.xp.add(places, count_up(s, "columns", width), out=places)
    s.xp.add.at(table.reshape(-1), places.reshape(-1), values.reshape(-1))


def count_up(s: Scratch, name: str, count: int, start: int = 0, dtype: Any = np.int64) -> Array:
    """Return the buffer ``name`` of exactly ``count`` >= 1 elements with the whole numbers from ``start``."""
    numbers = s.fixed(name, (count,), dtype)
    numbers.fill(1)
    numbers[0] = start
    s.xp.cumsum(numbers, out=numbers)
    return numbers
