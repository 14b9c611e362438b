"""Regression of a sine."""

from __future__ import annotations

import numpy as np

from ..data import test_set, training_set
from ..data.options import check_count
from ..typing import Array
from .task import Task


def sine(samples: int = 800, *, batch: int = 20, seed: int = 0) -> Task:
    """
    Return ``(sin(x) + 1) / 2`` for x in [0, 2 pi], 1 input and 1 output, so that sigmoid outputs reach it.

    Solved if no answer at 400 evenly spaced points is off by more than 0.05; the score "close" is 1 less the largest
    error.

    Args:
        samples: Points to learn, drawn uniformly.
        batch: Points a batch.
        seed: What all draws follow from.

    Raises:
        OptionError: If a number is no whole number >= 1.
    """
    x = np.random.default_rng(seed).uniform(0, 2 * np.pi, (check_count("samples", samples, 1), 1))
    points = np.linspace(0, 2 * np.pi, 400)[:, None]
    wanted = _height(points)
    data = training_set(x, _height(x), targets="values", name="sine", batch=batch, shuffle="epoch")

    def judge(answer: Array) -> dict[str, float]:
        return {"close": 1.0 - float(np.abs(answer - wanted).max())}

    return Task("sine", data, test_set(points, wanted, targets="values"), {"close": 0.95}, None, judge)


def _height(x: Array) -> Array:
    return ((np.sin(x) + 1) / 2).astype(np.float32)
