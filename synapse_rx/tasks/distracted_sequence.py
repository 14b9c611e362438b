"""Distracted sequence recall."""

from __future__ import annotations

import numpy as np

from ..data import test_set, training_set
from ..data.options import check_count
from ..errors import OptionError
from ..typing import Array
from .task import Task, rounded


def distracted_recall(
    length: int = 24,
    *,
    targets: int = 4,
    distractors: int = 4,
    prompts: int = 2,
    samples: int = 2000,
    tests: int = 500,
    batch: int = 20,
    seed: int = 0,
) -> Task:
    """
    Return distracted sequence recall (Monner & Reggia, 2012, section 4.3): name the targets again when asked for.

    A sequence shows symbols, one at a step: distractors, and among them, anywhere, as many targets as there are
    prompts; then the prompts in order. Outputs are wanted to be 0, but at the p-th prompt 1 for the p-th target that
    was shown. Inputs are numbered targets first, then distractors, then prompts. Solved if in 95 % of the test
    sequences every output at every step is on its side of 1/2.

    Args:
        length: Steps of a sequence, prompts included.
        targets: Symbols to be remembered, so many outputs.
        distractors: Symbols that mean nothing.
        prompts: Symbols that ask, and targets in each sequence.
        samples: Sequences to learn.
        tests: Sequences to test with.
        batch: Sequences a batch.
        seed: What all draws follow from.

    Raises:
        OptionError: If a number is no whole number >= 1, or the sequence has no place for targets and prompts.
    """
    symbols = [
        check_count(name, value, 1) for name, value in (("targets", targets), ("distractors", distractors))
    ]
    asked = check_count("prompts", prompts, 1)
    if check_count("length", length, 1) < 2 * asked:
        raise OptionError(
            f"a sequence of {length} steps has no place for {asked} targets and as many prompts"
        )
    n_train = check_count("samples", samples, 1)
    n = n_train + check_count("tests", tests, 1)
    rng = np.random.default_rng(seed)
    shown = length - asked
    codes = rng.integers(symbols[0], sum(symbols), (n, length))
    # The first of a random order of the steps before the prompts, put in the order of time.
    places = np.sort(rng.permuted(np.tile(np.arange(shown), (n, 1)), axis=1)[:, :asked], axis=1)
    wanted = rng.integers(0, symbols[0], (n, asked))
    np.put_along_axis(codes, places, wanted, axis=1)
    codes[:, shown:] = sum(symbols) + np.arange(asked)
    x = _one_hot(codes, sum(symbols) + asked)
    y = np.zeros((n, length, symbols[0]), np.float32)
    y[:, shown:] = _one_hot(wanted, symbols[0])
    data = training_set(
        x[:n_train], y[:n_train], targets="values", name="distracted recall", batch=batch, shuffle="epoch"
    )
    test = test_set(x[n_train:], y[n_train:], targets="values")
    return Task("distracted recall", data, test, {"right": 0.95}, None, rounded(y[n_train:]))


def _one_hot(codes: Array, classes: int) -> Array:
    return np.eye(classes, dtype=np.float32)[codes]
