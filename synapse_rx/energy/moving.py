"""Units of Hopfield networks that move one after the other."""

from __future__ import annotations

from typing import Any

from ..fast import compiled, is_loaded, may_compile
from ..scratch import Scratch
from ..typing import Array

WORTH = 20_000_000
"""Products of a sweep from which on it pays to load the compiler; what comes of it is the same."""


def move(
    x: Array, fields: Array, weights: Array, order: Array, thresholds: Array, clamped: Array, s: Scratch
) -> None:
    """
    Set units in an order: 1 where the field is above its threshold, -1 below, as before where it is neither.

    Args:
        x: States of -1 and 1, (N, units), changed in place.
        fields: What all others do to each unit, (N, units), kept up to date in place.
        weights: The couplings, (units, units), symmetric; those of units with themselves take no part.
        order: Units, whole numbers on the host.
        thresholds: (N, units).
        clamped: (N, units), true where a unit must stay.
        s: Memory.
    """
    if s.xp.__name__ == "numpy" and _pays(x, order):
        kernel = compiled(move_kernel)
        if kernel is not None:
            kernel(x, fields, weights, order, thresholds, clamped, 1.0)
            return
    xp = s.xp
    change, own, outer = s.array("change"), s.array("own_field"), s.array("outer", x.shape[1:])
    for unit in order.tolist():
        field = fields[:, unit]
        xp.subtract(field, thresholds[:, unit], out=change)
        xp.sign(change, out=change)
        still = (change == 0) | clamped[:, unit]
        xp.copyto(change, x[:, unit], where=still)
        xp.subtract(change, x[:, unit], out=change)
        if not change.any():
            continue
        x[:, unit] += change
        xp.copyto(own, field)
        xp.multiply(change[:, None], weights[unit], out=outer)
        xp.add(fields, outer, out=fields)
        xp.copyto(field, own)


def move_kernel(
    x: Array, fields: Array, weights: Array, order: Array, thresholds: Array, clamped: Array, one: Any
) -> None:
    for row in range(x.shape[0]):
        for k in range(order.size):
            unit = order[k]
            if clamped[row, unit]:
                continue
            field, threshold = fields[row, unit], thresholds[row, unit]
            after = one if field > threshold else -one
            if field == threshold or after == x[row, unit]:
                continue
            change = after - x[row, unit]
            x[row, unit] = after
            for other in range(x.shape[1]):
                fields[row, other] += change * weights[unit, other]
            fields[row, unit] = field


def _pays(x: Array, order: Array) -> bool:
    return may_compile() and (is_loaded() or x.size * order.size >= WORTH)
