"""The exclusive or."""

from __future__ import annotations

import numpy as np

from ..data import test_set, training_set
from .task import Task, rounded


def xor() -> Task:
    """Return the exclusive or of two bits, 2 inputs and 1 output; solved if all four cases are on their side of 1/2."""
    x = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32)
    y = (x[:, :1] != x[:, 1:]).astype(np.float32)
    data = training_set(x, y, targets="values", name="xor", shuffle=False)
    return Task("xor", data, test_set(x, y, targets="values"), {"right": 1.0}, None, rounded(y))
