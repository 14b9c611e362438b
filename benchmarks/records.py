"""What the tables of a benchmark say, one number a line, as CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

HEADS = ("benchmark", "table", "row", "column", "value")


class Records:
    """
    Collects every table that is printed.
    """

    def __init__(self) -> None:
        self._tables: list[tuple[str, list[str], list[list[str]]]] = []

    def add(self, title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """
        Take a table over.
        """
        self._tables.append((title, list(heads), [[str(cell) for cell in row] for row in rows]))

    def write(self, path: Path, benchmark: str) -> None:
        """
        Write all tables to a file: the columns are `HEADS`.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEADS)
            for title, heads, rows in self._tables:
                writer.writerows(
                    (benchmark, " ".join(title.split()), *cells) for cells in _cells(heads, rows)
                )


def read(path: Path) -> dict[str, dict[tuple[str, str], str]]:
    """
    Return what was written to a file: by title, the cells of each table by row and column.
    """
    found: dict[str, dict[tuple[str, str], str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            found.setdefault(line["table"], {})[line["row"], line["column"]] = line["value"]
    return found


def _cells(heads: list[str], rows: list[list[str]]) -> Iterator[tuple[str, str, str]]:
    """
    Yield (row, column, value). A row's name is what stands below the empty heads; an empty cell says what is above it.
    """
    names = [index for index, head in enumerate(heads) if not head] or [0]
    above: dict[int, str] = {}
    for row in rows:
        above |= {index: row[index] for index in names if row[index]}
        name = " ".join(above[index] for index in names if index in above)
        seen: dict[str, int] = {}
        for index, (head, cell) in enumerate(zip(heads, row, strict=True)):
            if index in names or not cell:
                continue
            seen[head] = seen.get(head, 0) + 1
            column = head if seen[head] == 1 else f"{head} {seen[head]}"
            yield from ((name, column + suffix, value) for suffix, value in _values(cell))


def _values(cell: str) -> Iterator[tuple[str, str]]:
    spread = re.fullmatch(r"([\d.,]+)-([\d.,]+)", cell)
    if spread:
        yield " low", spread[1].replace(",", "")
        yield " high", spread[2].replace(",", "")
    elif re.fullmatch(r"-?[\d.,]+%?", cell):
        number = cell.rstrip("%").replace(",", "")
        yield ("", f"{float(number) / 100:g}") if cell.endswith("%") else ("", number)
    else:
        yield "", cell


RECORDS = Records()
"""Those of this process."""
