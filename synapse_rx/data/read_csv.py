"""Read tables of text files."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from os import PathLike, fspath
from typing import Any

import numpy as np

from ..errors import FormatError, OptionError
from .table import Table


def read_csv(
    path: str | PathLike[str],
    *,
    label: str | int | None = None,
    header: bool | Sequence[str] = True,
    categorical: Iterable[str | int] = (),
    missing: float | None = None,
    delimiter: str = ",",
    encoding: str = "utf-8-sig",
) -> Table:
    """
    Read a table of comma-separated values.

    A column of numbers becomes float64, any other text. Whole numbers as labels stay whole, so that they are classes.

    Args:
        path: The file.
        label: The column that holds the labels, by name or position; None if there is none.
        header: Whether the first line names the columns; or their names, if it does not.
        categorical: Columns that are text even if they look like numbers.
        missing: What an empty cell in a column of numbers stands for; by default it is an error.
        delimiter: What parts the cells.
        encoding: How the text is encoded.

    Raises:
        FormatError: If lines are of different lengths, a cell is no number where the others are, or the file is
            empty or no such text; naming the line.
        OptionError: If an option is none, or names no column.
    """
    lines, rows = _rows(fspath(path), delimiter, encoding)
    names = _names(path, lines, rows, header)
    if not rows:
        raise FormatError(f"{path} has no rows")
    sizes = np.fromiter(map(len, rows), np.int64)
    if (sizes != len(names)).any():
        odd = int(np.argmax(sizes != len(names)))
        raise FormatError(f"line {lines[odd]} of {path} has {sizes[odd]} cells where {len(names)} are wanted")
    cells = [np.array(column) for column in zip(*rows, strict=True)]
    text = {_position(names, name, "categorical") for name in categorical}
    labels = None
    at = None if label is None else _position(names, label, "label")
    read = [
        column if index in text else _numbers(path, names[index], column, lines, missing)
        for index, column in enumerate(cells)
        if index != at
    ]
    if at is not None:
        labels = cells[at] if at in text else _labels(path, names[at], cells[at], lines)
    return Table([name for index, name in enumerate(names) if index != at], read, labels=labels)


def _rows(path: str, delimiter: str, encoding: str) -> tuple[list[int], list[list[str]]]:
    if not isinstance(delimiter, str) or len(delimiter) != 1:
        raise OptionError(f"delimiter= takes one character, not {delimiter!r}")
    with open(path, newline="", encoding=encoding) as file:
        reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True, strict=True)
        try:
            pairs = [(reader.line_num, row) for row in reader if row]
        except csv.Error as error:
            raise FormatError(f"line {reader.line_num} of {path} is damaged: {error}") from None
        except UnicodeDecodeError as error:
            raise FormatError(f"{path} is no text in {encoding}: {error}") from None
    return [line for line, _ in pairs], [row for _, row in pairs]


def _names(path: Any, lines: list[int], rows: list[list[str]], header: Any) -> list[str]:
    """Return the names of the columns; take the line off that holds them."""
    if not rows:
        raise FormatError(f"{path} is empty")
    if isinstance(header, bool):
        if not header:
            return [str(index) for index in range(len(rows[0]))]
        names = [name.strip() for name in rows.pop(0)]
        lines.pop(0)
    elif isinstance(header, str) or not isinstance(header, Sequence):
        raise OptionError(f"header= is True, False or the names of the columns, not {header!r}")
    else:
        names = list(map(str, header))
    if len(set(names)) != len(names):
        raise FormatError(f"columns of {path} have the same name: {', '.join(names)}")
    return names


def _position(names: list[str], name: Any, option: str) -> int:
    if isinstance(name, str) and name in names:
        return names.index(name)
    if isinstance(name, int) and not isinstance(name, bool) and -len(names) <= name < len(names):
        return name % len(names)
    raise OptionError(f"{option}= names no column: {name!r}; they are {', '.join(names)}")


def _numbers(path: Any, name: str, cells: np.ndarray, lines: list[int], missing: float | None) -> np.ndarray:
    """Return the cells as float64, or as they are if none of them is a number."""
    filled = cells if missing is None else np.where(np.char.strip(cells) == "", repr(float(missing)), cells)
    try:
        return filled.astype(np.float64)
    except ValueError:
        good = np.array([is_number(cell) for cell in filled.tolist()])
        if not good.any():
            return cells
        bad = int(np.argmin(good))
        held = f"{str(cells[bad])!r}" if cells[bad].strip() else "nothing"
        hint = (
            "missing= says what that stands for"
            if held == "nothing"
            else "categorical= makes text of the column"
        )
        raise FormatError(
            f"line {lines[bad]} of {path} has {held} in column {name!r}, where other lines have numbers; {hint}"
        ) from None


def _labels(path: Any, name: str, cells: np.ndarray, lines: list[int]) -> np.ndarray:
    try:
        return cells.astype(np.int64)
    except (ValueError, OverflowError):
        return _numbers(path, name, cells, lines, None)


def is_number(cell: str) -> bool:
    """Return whether a cell can be read as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True
