"""Sums of what belongs together, in an order that does not change: on devices that would add it in any."""

from __future__ import annotations

from typing import Any

from ..typing import Array


def add_in_order(xp: Any, table: Array, numbers: Array, values: Array, places: Array) -> None:
    """
    Add each row of ``values`` to the row of ``table`` that its number names, in one order, by array functions.

    Rows of one number are put one behind the other; then pairs are added, pairs of pairs, and so on, as in a prefix sum
    (Hillis & Steele, "Data parallel algorithms", 1986).

    Args:
        xp: The array module, or numpy where its functions find the way to the device.
        table: (R, *shape)
        numbers: (K,) whole; any may stand there any number of times.
        values: (K, *shape)
        places: 0, 1, ..., K - 1
    """
    n = len(numbers)
    if not n:
        return
    # Made different, so that it does not matter whether what is equal stays in its order.
    keys = xp.sort(numbers * n + places)
    order, run = xp.remainder(keys, n), xp.floor_divide(keys, n)
    sums = xp.take(values, order, axis=0)
    step, zero = 1, values.dtype.type(0)
    while step < n:
        same = (run[step:] == run[:-step]).reshape(-1, *(1,) * (values.ndim - 1))
        sums[:-step] = sums[:-step] + xp.where(same, sums[step:], zero)
        step *= 2
    # All rows of a number get the sum of all, so that it is the same whichever is written last.
    table[run] = table[run] + xp.take(sums, xp.searchsorted(run, run), axis=0)
