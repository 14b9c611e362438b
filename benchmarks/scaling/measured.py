"""What the models are fitted to: files in docs/benchmarks, and the first measurements where there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from attrs import field, frozen

from ..parallel import SUMS
from ..records import read

FLOAT32 = 4

FIRST = "the first measurements"
"""Where numbers are from that no file has: two workers of one machine, before anything was built."""


@frozen
class Measured:
    """
    Numbers, each with the file that it is from.

    Attributes:
        rounds: By what carries them, bytes and seconds of all-reduces between two workers of one machine.
        sample: Seconds in which one core learns a sample of 784-512-512-10 by Adam.
        together: By steps between two sums, the efficiency of two workers of one machine.
        rates: Events in a batch, and events a second that one driver took in from Ray.
        event: Seconds of the driver's core for a piece of news from a fleet of this library; None if that is not known.
        shares: Readers, and the share of a core that a server takes to tell them of an epoch a second.
        connecting: Seconds of a processor that taking a reader takes, the first message included.
        held: Bytes that a server holds of a reader.
        sources: Where what is from.
    """

    rounds: Mapping[str, Sequence[tuple[float, float]]] = field(
        factory=lambda: {
            "shared memory": ((320e3, 0.08e-3), (8e6, 1.9e-3), (44e6, 26e-3)),
            "loopback TCP": ((320e3, 0.2e-3), (8e6, 4.3e-3), (44e6, 51e-3)),
            "gloo": ((320e3, 0.7e-3), (8e6, 9e-3), (44e6, 41e-3)),
        }
    )
    sample: float = 34.6e-6
    together: Mapping[int, float] = field(factory=dict)
    rates: Sequence[tuple[int, float]] = ((1, 2_250.0), (50, 53_000.0))
    event: float | None = None
    shares: Sequence[tuple[int, float]] = ((10_000, 0.08),)
    connecting: float = 0.5e-3
    held: float = 19 * 1024.0
    sources: Mapping[str, str] = field(
        factory=lambda: dict.fromkeys(("sums", "steps", "news", "readers"), FIRST)
    )


def measured(folder: Path) -> Measured:
    """
    Return what the files of a folder say, and `Measured` by default where there is none.
    """
    known = Measured()
    values: dict[str, object] = {}
    sources = dict(known.sources)
    for name, take in (("parallel", _parallel), ("fleet", _fleet), ("watchers", _watchers)):
        path = folder / f"{name}.csv"
        if path.is_file():
            found = take(known, read(path))
            values |= found
            kinds = {"sample": "steps", "rounds": "sums", "event": "news", "shares": "readers"}
            sources |= {kind: path.as_posix() for key, kind in kinds.items() if key in found}
    return Measured(**values, sources=sources)  # type: ignore[arg-type]


Table = Mapping[tuple[str, str], str]
"""The cells of a table by row and column."""


def _parallel(known: Measured, tables: Mapping[str, Table]) -> dict[str, object]:
    found: dict[str, object] = {}
    for title, cells in tables.items():
        if title.startswith(f"{SUMS} of 2 "):
            sizes = sorted({row for row, _ in cells}, key=_number)
            # The lower quartile: of two that have to be there, one more often waits for its core than for the other.
            own = tuple((FLOAT32 * _number(n), 1e-3 * _number(cells[n, "quartiles low"])) for n in sizes)
            found["rounds"] = {**known.rounds, "shared memory": own}
        elif ("one process", "samples/s") in cells:
            found["sample"] = 1 / _number(cells["one process", "samples/s"])
            found["together"] = dict(_together(cells))
    return found


def _together(cells: Table) -> Iterator[tuple[int, float]]:
    for (row, column), value in cells.items():
        if column == "efficiency" and row.startswith("2, "):
            every = re.search(r"every (\d+) steps", row)
            yield (int(every[1]) if every else 1), _number(value)


def _fleet(known: Measured, tables: Mapping[str, Table]) -> dict[str, object]:
    for title, cells in tables.items():
        counts = re.match(r"(\d+) networks .* (\d+) epochs each, (\d+) rounds", title)
        wanted = ("told of", "driver ms"), ("not told of", "driver ms"), ("told of", "news")
        if counts and all(cell in cells for cell in wanted):
            told, silent, news = (_number(cells[cell]) for cell in wanted)
            networks, epochs, rounds = map(int, counts.groups())
            if told > silent and news:
                return {"event": 1e-3 * (told - silent) * networks * epochs * rounds / news}
    return {}


def _watchers(known: Measured, tables: Mapping[str, Table]) -> dict[str, object]:
    shares: list[tuple[int, float]] = []
    found: dict[str, object] = {}
    row = "a process of its own"
    for title, cells in tables.items():
        readers = re.match(r"([\d,]+) readers of one run", title)
        if readers and (row, "of a core") in cells:
            shares.append((int(_number(readers[1])), _number(cells[row, "of a core"])))
            found["connecting"] = 1e-3 * _number(cells[row, "ms to take one"])
            found["held"] = 1024 * _number(cells[row, "KiB for each"])
    return {**found, "shares": tuple(sorted(shares))} if shares else {}


def _number(cell: str) -> float:
    return float(cell.replace(",", ""))
