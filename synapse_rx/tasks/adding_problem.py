"""The adding problem."""

from __future__ import annotations

import numpy as np

from ..data import test_set, training_set
from ..data.options import check_count
from ..typing import Array
from .task import Task


def adding(steps: int = 30, *, samples: int = 2000, tests: int = 500, batch: int = 20, seed: int = 0) -> Task:
    """
    Return the adding problem (Hochreiter & Schmidhuber, 1997, section 5.4): the mean of two marked numbers of many.

    Inputs are sequences of numbers uniform in [0, 1] and of marks: 1 at one step of the first half and at one of the
    second, else 0. The target, at the end, is the mean of the two marked numbers. Solved if 95 % of the answers at test
    sequences are off by less than 0.04, as there.

    Args:
        steps: How long a sequence is, at least 2.
        samples: Sequences to learn.
        tests: Sequences to test with.
        batch: Sequences a batch.
        seed: What all draws follow from.

    Raises:
        OptionError: If a number is no whole number, or too small.
    """
    length, count = check_count("steps", steps, 2), check_count("samples", samples, 1)
    n = count + check_count("tests", tests, 1)
    rng = np.random.default_rng(seed)
    x = np.zeros((n, length, 2), np.float32)
    x[:, :, 0] = rng.random((n, length))
    half = length // 2
    marked = np.stack([rng.integers(half, size=n), rng.integers(half, length, size=n)], axis=1)
    np.put_along_axis(x[:, :, 1], marked, 1.0, axis=1)
    y = np.take_along_axis(x[:, :, 0], marked, axis=1).mean(axis=1, keepdims=True)
    data = training_set(x[:count], y[:count], targets="values", name="adding", batch=batch, shuffle="epoch")
    wanted = y[count:]

    def judge(answer: Array) -> dict[str, float]:
        return {"close": float((np.abs(answer - wanted) < 0.04).mean())}

    return Task("adding", data, test_set(x[count:], wanted, targets="values"), {"close": 0.95}, None, judge)
