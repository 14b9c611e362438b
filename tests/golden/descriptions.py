"""
Makes the list of descriptions that every later version must understand: ``python -m tests.golden.descriptions``.

It is made once for every version of the format, before a release; later ones may add to it what is new, and change
nothing that stands there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import synapse_rx as sx
from synapse_rx.described import Described, snake_case
from synapse_rx.errors import SynapseError
from synapse_rx.io.saved import VERSION
from synapse_rx.snapshot.values import family_of
from tests.algorithms.test_every_algorithm import EVERY as ALGORITHMS
from tests.io.test_described_round_trip import BASES
from tests.layers.examples import EXAMPLES
from tests.schedules.test_schedules import EVERY as SCHEDULES

PATH = Path(__file__).with_name("files") / f"descriptions-{VERSION}.json"


def written() -> Iterator[tuple[str, Any]]:
    """
    Yield families and plain data of every kind of description that has any.
    """
    ones: list[Described] = [*BASES, *(layer for layer, _ in EXAMPLES), *ALGORITHMS, *SCHEDULES]
    for one in ones:
        try:
            yield snake_case(family_of(one).__name__), sx.to_data(one)
        except SynapseError:
            continue  # made of a function


def main() -> None:
    known = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else []
    new = [json.loads(json.dumps(pair)) for pair in written()]
    lines = dict.fromkeys(json.dumps(pair) for pair in [*known, *new])
    PATH.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
