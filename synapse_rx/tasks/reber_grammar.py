"""The embedded Reber grammar: its strings, and what may follow."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

SYMBOLS = "BTPSXVE"
"""All seven symbols, in the order of inputs and outputs."""

INNER: Mapping[int, Mapping[str, int]] = {
    0: {"B": 1},
    1: {"T": 2, "P": 3},
    2: {"S": 2, "X": 4},
    3: {"T": 3, "V": 5},
    4: {"X": 3, "S": 6},
    5: {"P": 4, "V": 6},
    6: {"E": 7},
}
"""The grammar of Reber (1967): from each state, what may follow and where it leads; 7 is the end."""


def embedded_string(rng: np.random.Generator) -> str:
    """
    Draw a string: B, then T or P, a string of the inner grammar, the same T or P again, E.

    Every branch is taken with probability 1/2 (Hochreiter & Schmidhuber, 1997, section 5.1).
    """
    outer = "TP"[rng.integers(2)]
    inner, state = "", 0
    while state < 7:
        choices = sorted(INNER[state].items())
        symbol, state = choices[rng.integers(len(choices))]
        inner += symbol
    return f"B{outer}{inner}{outer}E"


def successors(string: str) -> list[str]:
    """
    Return which symbols may follow each symbol of a string of the embedded grammar but the last, as words such as "TP".

    Raises:
        ValueError: If it is no string of the grammar.
    """
    outer = string[1:2]
    found = ["TP", "B"]
    state, at = 0, 2
    while state < 7 and at < len(string) and string[at] in INNER[state]:
        state = INNER[state][string[at]]
        found.append("".join(INNER[state]) if state < 7 else outer)
        at += 1
    found.append("E")
    complete = state == 7 and string[:1] == "B" and outer in ("T", "P") and string[at:] == f"{outer}E"
    if not complete:
        raise ValueError(f"{string!r} is no string of the embedded Reber grammar")
    return found
