"""Samples from a stream of comma-separated values, a block at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import TextIOWrapper
from itertools import islice
from typing import Any, BinaryIO

import numpy as np

from ..data.read_csv import is_number
from ..errors import FormatError
from ..typing import Array

ROWS = 512
"""The most rows in a block."""
NUMBERS = 1 << 18
"""The most numbers in a block, where rows are long."""
LETTERS = 64
"""More than any number takes."""


class Samples:
    """
    The rows of numbers in a stream. However long it is, no more than a block of it is in memory.

    Args:
        file: The stream, in UTF-8.
        name: What it is called in messages.
        width: How many numbers a row has.
        dtype: Their type.
        header: Whether the first line names the columns; None to see whether any cell of it is a number.

    Attributes:
        header: The names of the columns; None if the stream has none.

    Raises:
        FormatError: Now, if the first line is damaged; and in passing, at the first row that is.
    """

    def __init__(self, file: BinaryIO, name: str, width: int, dtype: Any, header: bool | None = None) -> None:
        self._text = TextIOWrapper(file, "utf-8-sig", newline="")
        self._name, self._width, self._dtype = name, width, dtype
        self._rows = csv.reader(self._lines(), skipinitialspace=True, strict=True)
        self._first = self._next()
        named = self._first is not None and (
            not any(map(is_number, self._first)) if header is None else header
        )
        self.header: list[str] | None = self._first if named else None

    def __iter__(self) -> Iterator[Array]:
        """Yield blocks of rows (n, width)."""
        most = max(1, min(ROWS, NUMBERS // self._width))
        checked = self._checked()
        while True:
            rows, lines, damage = self._taken(checked, most)
            yield from self._block(rows, lines)
            if damage is not None:
                raise damage  # only now, so that what was before it is answered
            if len(rows) < most:
                return

    def close(self) -> None:
        """Let go of the stream, which stays open."""
        self._text.detach()

    def _taken(
        self, checked: Iterator[list[str]], most: int
    ) -> tuple[list[list[str]], list[int], FormatError | None]:
        """Return the next rows, the lines they end in, and why there are no more, if something is wrong."""
        rows: list[list[str]] = []
        lines: list[int] = []
        try:
            for row in islice(checked, most):
                rows.append(row)
                lines.append(self._rows.line_num)
        except FormatError as error:
            return rows, lines, error
        return rows, lines, None

    def _checked(self) -> Iterator[list[str]]:
        """Yield rows of the right width."""
        row = self._next() if self.header is not None else self._first
        while row is not None:
            if len(row) != self._width:
                raise FormatError(f"{self._line()} has {len(row)} cells where {self._width} are wanted")
            yield row
            row = self._next()

    def _block(self, rows: list[list[str]], lines: list[int]) -> Iterator[Array]:
        """Yield rows as numbers, those before the first that holds something else as well."""
        if not rows:
            return
        try:
            block = np.array(rows, np.float64)
        except ValueError:
            block = np.array([[float(cell) if is_number(cell) else np.nan for cell in row] for row in rows])
        with np.errstate(over="ignore"):
            block = block.astype(self._dtype)
        good = np.isfinite(block).all(axis=1)
        end = len(rows) if good.all() else int(np.argmin(good))
        if end:
            yield block[:end]
        if end < len(rows):
            column = int(np.argmin(np.isfinite(block[end])))
            cell = rows[end][column]
            held = repr(cell) if cell.strip() else "nothing"
            raise FormatError(
                f"{self._line(lines[end])} has {held} in column {self._column(column)}, where a finite number is wanted"
            )

    def _next(self) -> list[str] | None:
        """Return the next row that is not empty; None at the end."""
        try:
            return next((row for row in self._rows if row), None)
        except csv.Error as error:
            raise FormatError(f"{self._line()} is damaged: {error}") from None
        except UnicodeDecodeError as error:
            raise FormatError(f"{self._name} is no text in UTF-8: {error}") from None

    def _lines(self) -> Iterator[str]:
        longest = LETTERS * self._width + 1000
        while line := self._text.readline(longest):
            if len(line) == longest and not line.endswith("\n"):
                raise FormatError(
                    f"line {self._rows.line_num + 1} of {self._name} is longer than {self._width} numbers are"
                )
            yield line

    def _line(self, number: int | None = None) -> str:
        return f"line {self._rows.line_num if number is None else number} of {self._name}"

    def _column(self, index: int) -> str:
        named = self.header is not None and index < len(self.header)
        return repr(self.header[index]) if self.header is not None and named else str(index + 1)
