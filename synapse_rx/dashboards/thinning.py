"""Long curves in few points."""

from __future__ import annotations

import math

import numpy as np

from ..typing import Array

MOST = 1000
"""Points of one curve that are sent at once."""


def thinned(values: Array, first: int = 0, most: int = MOST) -> tuple[list[int], list[float | None]]:
    """
    Return the epochs and the values of a curve, at most about ``most`` of them, and what JSON can hold.

    Of a longer one it is the smallest and the largest of each stretch, so that no peak is lost, and the two ends. What
    is not finite is None.

    Args:
        values: One number an epoch, (epochs,).
        first: The place in the history of the first of them; it is called epoch ``first + 1``.
        most: How many points at most, the ends aside.
    """
    places = np.arange(len(values)) if len(values) <= most else _extremes(values, max(1, most // 2))
    numbers = [value if math.isfinite(value) else None for value in values[places].tolist()]
    return (places + (first + 1)).tolist(), numbers


def _extremes(values: Array, stretches: int) -> Array:
    width = math.ceil(len(values) / stretches)
    padded = np.full(math.ceil(len(values) / width) * width, np.nan)
    padded[: len(values)] = values
    table = padded.reshape(-1, width)
    starts = np.arange(len(table)) * width
    lows = np.where(np.isfinite(table), table, np.inf).argmin(axis=1) + starts
    highs = np.where(np.isfinite(table), table, -np.inf).argmax(axis=1) + starts
    chosen = np.unique(np.concatenate([lows, highs, [0, len(values) - 1]]))
    return chosen[chosen < len(values)]
