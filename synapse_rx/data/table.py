"""Columns of numbers and of text, as they are read from a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, final

import attrs
import numpy as np

from ..errors import DataError
from ..frozen import frozen
from .samples import describe


def _column(value: Any) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype.kind == "O":  # rows of mixed kinds: a column is numbers if all of its cells are
        kinds = {isinstance(cell, int | float | np.number) for cell in array.ravel().tolist()}
        array = array.astype(np.float64 if kinds == {True} else np.str_)
    if array.ndim != 1 or array.dtype.kind not in "buifU":
        raise DataError(f"a column holds numbers or text in one dimension, not {describe(array)}")
    return frozen(array if array.dtype.kind == "U" else array.astype(np.float64, copy=False))


@final
@attrs.frozen(eq=False, repr=False)
class Table:
    """
    Named columns of the same length, float64 or text, and perhaps the labels beside them. A value, equal by content.

    Raises:
        DataError: If columns are not one-dimensional, not of the same length, or there are not as many as names.
    """

    names: tuple[str, ...] = attrs.field(converter=lambda names: tuple(map(str, names)))
    """What the columns are called."""
    columns: tuple[np.ndarray, ...] = attrs.field(converter=lambda columns: tuple(map(_column, columns)))
    """The columns, (N,) each. Read-only."""
    labels: np.ndarray | None = attrs.field(
        default=None,
        kw_only=True,
        converter=lambda labels: None if labels is None else frozen(np.asarray(labels)),
    )
    """One label for each row, or None. Read-only."""

    def __attrs_post_init__(self) -> None:
        if len(self.names) != len(self.columns) or len(set(self.names)) != len(self.names):
            raise DataError(
                f"{len(self.columns)} columns need as many different names, not {list(self.names)}"
            )
        if not self.columns:
            raise DataError("a table needs a column at least")
        every = (*self.columns, *(() if self.labels is None else (self.labels,)))
        if len({len(column) for column in every}) > 1:
            raise DataError(
                f"columns of a table have the same length, not {[len(column) for column in every]}"
            )

    @classmethod
    def of(cls, value: Any, names: Iterable[Any] | None = None) -> Table:
        """
        Return ``value`` as a table: one, a mapping from names to columns, or rows of the same length.

        Raises:
            DataError: If it is none of these.
        """
        if isinstance(value, Table):
            return value
        if isinstance(value, dict):
            return cls(value.keys(), value.values())
        rows = value.tolist() if isinstance(value, np.ndarray) else value
        try:
            columns = [np.array(column, object) for column in zip(*rows, strict=True)]
        except (TypeError, ValueError):
            columns = []
        if isinstance(value, str) or not columns:
            raise DataError(
                f"a table is wanted, a mapping to columns or rows of one length, not {describe(value)}"
            )
        return cls(range(len(columns)) if names is None else names, columns)

    def __getitem__(self, name: Any) -> np.ndarray:
        """Return the column of that name."""
        return self.columns[self.position(name)]

    def position(self, name: Any) -> int:
        """Return where the column called ``name`` is; a whole number is a position already."""
        if isinstance(name, int | np.integer) and not isinstance(name, bool) and str(name) not in self.names:
            if -len(self.names) <= name < len(self.names):
                return int(name) % len(self.names)
        elif str(name) in self.names:
            return self.names.index(str(name))
        raise DataError(f"there is no column {name!r}; they are {', '.join(self.names)}")

    @property
    def categorical(self) -> tuple[str, ...]:
        """The names of the columns that hold text."""
        pairs = zip(self.names, self.columns, strict=True)
        return tuple(name for name, column in pairs if column.dtype.kind == "U")

    def numbers(self, dtype: str = "float32") -> np.ndarray:
        """
        Return the columns side by side, (N, columns).

        Raises:
            DataError: If one of them holds text.
        """
        if self.categorical:
            raise DataError(
                f"{', '.join(self.categorical)} hold text; one_hot_columns(table).encode(table) helps"
            )
        return np.stack(self.columns, axis=1).astype(dtype)

    def __len__(self) -> int:
        return len(self.columns[0])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Table):
            return NotImplemented
        mine, theirs = ((*table.columns, table.labels) for table in (self, other))
        return self.names == other.names and all(map(_same, mine, theirs))

    def __hash__(self) -> int:
        return hash((self.names, len(self)))

    def __repr__(self) -> str:
        labels = "" if self.labels is None else ", with labels"
        return f"<Table {len(self)} rows of {', '.join(self.names)}{labels}>"


def _same(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    if a is None or b is None:
        return a is b
    return a.dtype.kind == b.dtype.kind and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
