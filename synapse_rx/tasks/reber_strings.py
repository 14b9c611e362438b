"""Next-symbol prediction in the embedded Reber grammar."""

from __future__ import annotations

import numpy as np

from ..data import test_set, training_set
from ..data.options import check_count
from ..losses import Censored
from ..typing import Array
from .reber_grammar import SYMBOLS, embedded_string, successors
from .task import Task


def embedded_reber(
    samples: int = 500, *, tests: int = 200, longest: int = 30, batch: int = 10, seed: int = 0
) -> Task:
    """
    Return the prediction of what comes next in strings of the embedded Reber grammar, 7 inputs and 7 outputs a step.

    The hard part is the symbol before the last, which is that at the second place, however long ago that was. Strings
    that are shorter than the longest are filled up with zeros behind their ends, which layers with ``padding=0`` pass
    over; targets are missing (NaN) there, which `loss` leaves out. Strings are drawn as often as they are likely; each
    is either learnt or tested with, never both.

    Scores: "legal", the share of steps where the highest outputs are those of the symbols that may follow, as many as
    there are; "embedded", the share of strings where of T and P the right one is the higher before the last symbol.
    Solved if they reach 0.95 and 0.99.

    Args:
        samples: Strings to learn.
        tests: Strings to test with.
        longest: The longest string, at least 12; longer ones are drawn again.
        batch: Strings a batch.
        seed: What all draws follow from.

    Raises:
        OptionError: If a number is no whole number, or too small.
    """
    count, held_out = check_count("samples", samples, 1), check_count("tests", tests, 1)
    most = check_count("longest", longest, 12)
    strings, tested = _parted(np.random.default_rng(seed), count, held_out, most)
    x, y = _coded(strings, most)
    data = training_set(
        x, y, targets="values", censored=True, name="embedded Reber grammar", batch=batch, shuffle="epoch"
    )
    x, y = _coded(tested, most)
    test = test_set(x, y, targets="values", censored=True)
    goals = {"legal": 0.95, "embedded": 0.99}
    return Task(
        "embedded Reber grammar",
        data,
        test,
        goals,
        Censored("cross_entropy"),
        lambda answer: _judged(answer, tested),
    )


def _parted(rng: np.random.Generator, count: int, held_out: int, longest: int) -> tuple[list[str], list[str]]:
    """Draw strings until there are enough of both parts; which part a string belongs to is drawn at first sight."""
    tested: dict[str, bool] = {}
    parts: tuple[list[str], list[str]] = ([], [])
    wanted = (count, held_out)
    while any(len(part) < n for part, n in zip(parts, wanted, strict=True)):
        string = embedded_string(rng)
        if len(string) > longest:
            continue
        side = tested.setdefault(string, bool(rng.integers(2)))
        if len(parts[side]) < wanted[side]:
            parts[side].append(string)
    return parts


def _coded(strings: list[str], longest: int) -> tuple[Array, Array]:
    x = np.zeros((len(strings), longest - 1, len(SYMBOLS)), np.float32)
    y = np.full_like(x, np.nan)
    for row, string in enumerate(strings):
        codes = [SYMBOLS.index(symbol) for symbol in string]
        steps = np.arange(len(codes) - 1)
        x[row, steps, codes[:-1]] = 1
        y[row, steps] = 0
        y[row, steps, codes[1:]] = 1
    return x, y


def _judged(answer: Array, strings: list[str]) -> dict[str, float]:
    legal: list[bool] = []
    embedded: list[bool] = []
    for given, string in zip(answer, strings, strict=True):
        for step, allowed in enumerate(successors(string)):
            highest = np.argsort(-given[step], kind="stable")[: len(allowed)]
            finite = bool(np.isfinite(given[step]).all())
            legal.append(finite and {SYMBOLS[code] for code in highest} == set(allowed))
        outer = string[-2]
        other = "TP"["PT".index(outer)]
        before = given[len(string) - 3]
        embedded.append(bool(before[SYMBOLS.index(outer)] > before[SYMBOLS.index(other)]))
    return {"legal": float(np.mean(legal)), "embedded": float(np.mean(embedded))}
