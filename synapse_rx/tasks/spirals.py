"""The two spirals."""

from __future__ import annotations

import numpy as np

from ..data import test_set, training_set
from ..typing import Array
from .task import Task, rounded

POINTS = 97
"""Points on each spiral, which winds three times around the origin."""


def two_spirals(*, batch: int = 32) -> Task:
    """
    Return the two spirals (Lang & Witbrock, 1988): 194 points in the plane, 2 inputs and 1 output.

    Coordinates are divided by 6.5, the largest radius. Solved if 95 % of the points halfway between those learnt are on
    their side of 1/2.

    Args:
        batch: Points a batch.

    Raises:
        OptionError: If it is no whole number >= 1.
    """
    x, y = _spirals(np.arange(POINTS, dtype=np.float64))
    between, wanted = _spirals(np.arange(POINTS - 1) + 0.5)
    data = training_set(x, y, targets="values", name="two spirals", batch=batch, shuffle="epoch")
    test = test_set(between, wanted, targets="values")
    return Task("two spirals", data, test, {"right": 0.95}, None, rounded(wanted))


def _spirals(i: Array) -> tuple[Array, Array]:
    angle, radius = i * np.pi / 16, (104 - i) / 104
    one = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
    y = np.repeat([1.0, 0.0], len(i))[:, None]
    return np.concatenate([one, -one]).astype(np.float32), y.astype(np.float32)
