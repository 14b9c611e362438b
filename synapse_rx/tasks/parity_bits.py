"""Parity."""

from __future__ import annotations

import numpy as np

from ..data import test_set, training_set
from ..data.options import check_count
from ..errors import OptionError
from .task import Task, rounded

MOST_BITS = 16
"""Of more there would be too many cases to list."""


def parity(bits: int = 4) -> Task:
    """
    Return whether an odd number of bits are 1: all cases, 1 output; solved if all are on their side of 1/2.

    Args:
        bits: How many inputs there are, at most 16.

    Raises:
        OptionError: If it is no whole number from 2 to 16.
    """
    if check_count("bits", bits, 2) > MOST_BITS:
        raise OptionError(
            f"bits of parity are at most {MOST_BITS}, not {bits}; running_parity takes sequences"
        )
    x = (np.arange(2**bits)[:, None] >> np.arange(bits) & 1).astype(np.float32)
    y = (x.sum(axis=1, keepdims=True) % 2).astype(np.float32)
    data = training_set(x, y, targets="values", name="parity", batch=32, shuffle="epoch")
    return Task("parity", data, test_set(x, y, targets="values"), {"right": 1.0}, None, rounded(y))


def running_parity(
    steps: int = 20, *, samples: int = 500, tests: int = 200, batch: int = 20, seed: int = 0
) -> Task:
    """
    Return the parity of the bits so far, at every step of a sequence: 1 input, 1 output a step.

    Solved if 95 % of the test sequences are right, on their side of 1/2, at all steps.

    Args:
        steps: How long a sequence is.
        samples: Sequences to learn.
        tests: Sequences to test with.
        batch: Sequences a batch.
        seed: What all draws follow from.

    Raises:
        OptionError: If a number is no whole number >= 1.
    """
    count = check_count("samples", samples, 1)
    n = count + check_count("tests", tests, 1)
    x = (
        np.random.default_rng(seed)
        .integers(2, size=(n, check_count("steps", steps, 1), 1))
        .astype(np.float32)
    )
    y = (x.cumsum(axis=1) % 2).astype(np.float32)
    data = training_set(
        x[:count], y[:count], targets="values", name="running parity", batch=batch, shuffle="epoch"
    )
    test = test_set(x[count:], y[count:], targets="values")
    return Task("running parity", data, test, {"right": 0.95}, None, rounded(y[count:]))
