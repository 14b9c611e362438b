"""The timing task."""

from __future__ import annotations

import numpy as np

from ..data import test_set, training_set
from ..data.options import check_count
from ..typing import Array
from .task import Task

LONGEST = 20
"""Steps that an answer lasts at most, less one, and that a gap lasts at most."""


def timing(steps: int = 100, *, samples: int = 70, tests: int = 10, batch: int = 5, seed: int = 0) -> Task:
    """
    Return the timing task (Jaeger, 2002, section 6.2): hold an answer for as many steps as an input says.

    At an event the first input is 1 for one step, and the second says for how long, n / 20, until the next event. From
    then on the target is 0.5 for n + 1 steps, then 0. Gaps between answer and next event are 0 to 20 steps long. Solved
    if 95 % of all steps of the test sequences are on the right side of 0.25.

    Args:
        steps: How long a sequence is.
        samples: Sequences to learn.
        tests: Sequences to test with.
        batch: Sequences a batch.
        seed: What all draws follow from.

    Raises:
        OptionError: If a number is no whole number >= 1.
    """
    length, count = check_count("steps", steps, 1), check_count("samples", samples, 1)
    n = count + check_count("tests", tests, 1)
    rng = np.random.default_rng(seed)
    pairs = [_sequence(rng, length) for _ in range(n)]
    x, y = (np.stack(parts) for parts in zip(*pairs, strict=True))
    data = training_set(x[:count], y[:count], targets="values", name="timing", batch=batch, shuffle="epoch")
    wanted = y[count:]

    def judge(answer: Array) -> dict[str, float]:
        right = ((answer > 0.25) == (wanted > 0.25)) & (answer == answer)
        return {"right": float(right.mean())}

    test = test_set(x[count:], wanted, targets="values")
    return Task("timing", data, test, {"right": 0.95}, None, judge)


def _sequence(rng: np.random.Generator, steps: int) -> tuple[Array, Array]:
    x, y = np.zeros((steps, 2), np.float32), np.zeros((steps, 1), np.float32)
    at = 0
    while at < steps:
        held, gap = rng.integers(0, LONGEST + 1, 2)
        x[at, 0] = 1
        end = at + held + 1 + gap
        x[at:end, 1] = held / LONGEST
        y[at : at + held + 1] = 0.5
        at = end
    return x, y
