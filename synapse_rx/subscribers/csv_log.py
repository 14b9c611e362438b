"""The epochs of trainings as a table in a file."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

from .file_log import FileLog
from .news import News
from .rows import rows


class CSVLog(FileLog):
    """
    Writes a line for each complete epoch: ``CSVLog("log.csv").attach(net)``.

    Its columns: "net" (the "name" in the network's ``meta``, or "net 1"), "epoch", "loss", "training:KIND" and
    "validation:KIND" for each recorded error, "learning_rate", "seconds", "samples_per_second". What was not measured
    is empty. An error that is recorded later on adds its column.

    Lines are written on a thread of its own, several at once if epochs are quick, and none is missing: what a network
    learnt before it was attached is written, too. Where a network was taken back, the epochs it then learns are written
    behind those they replace, so of two lines with the same number the later one counts.

    Args:
        path: Where; missing folders are made.
        append: Go on behind what is there; else begin anew.

    Raises:
        OSError: If the file cannot be opened. What fails later is logged once and tried again with the next epoch.
    """

    def __init__(self, path: str | PathLike[str], *, append: bool = False) -> None:
        super().__init__(path, append=append)
        self._columns = next(csv.reader([self._file.first_line()]), []) if append else []

    def _tell(self, news: News) -> None:
        found = [{"net": news.name, **row} for row in rows(news.net.training.stats, news.epochs)]
        if found:
            self._write(found)

    def _write(self, found: list[dict[str, Any]]) -> None:
        new = [name for name in found[-1] if name not in self._columns]
        columns = [*self._columns, *new]
        if not self._columns:
            self._file.write(_table(found, columns, header=True))
        elif new:  # a column more: the lines before it are written over again, with that place empty
            past = list(csv.DictReader(io.StringIO(self._file.read())))
            self._file.replace(_table([*past, *found], columns, header=True))
        else:
            self._file.write(_table(found, columns))
        self._columns = columns


def _table(found: Iterable[Mapping[str, Any]], columns: list[str], *, header: bool = False) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if header:
        writer.writerow(columns)
    for row in found:
        writer.writerow([_cell(row.get(name, "")) for name in columns])
    return text.getvalue()


def _cell(value: Any) -> Any:
    return "" if isinstance(value, float) and math.isnan(value) else value
