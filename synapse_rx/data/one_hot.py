"""Columns of categories as columns of 0 and 1, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, final

import attrs
import numpy as np

from ..errors import DataError, OptionError
from ..typing import Data
from .table import Table


def _categories(value: Any) -> tuple[tuple[Any, ...] | None, ...]:
    return tuple(None if one is None else tuple(one) for one in value)


@final
@attrs.frozen
class OneHotColumns:
    """
    How a table becomes samples: a column of 0 and 1 for each category, other columns as they are.

    A value; `to_data` and `of` write and read it as plain data.

    Raises:
        OptionError: If there are not as many entries as names, or a category stands there twice.
    """

    names: tuple[str, ...] = attrs.field(converter=lambda names: tuple(map(str, names)))
    """The columns of the table, in order."""
    categories: tuple[tuple[Any, ...] | None, ...] = attrs.field(converter=_categories)
    """For each column the categories, in the order of their columns of 0 and 1; None for numbers."""

    def __attrs_post_init__(self) -> None:
        if len(self.names) != len(self.categories):
            raise OptionError(f"{len(self.names)} names need as many categories=, not {len(self.categories)}")
        for name, known in zip(self.names, self.categories, strict=True):
            if known is not None and (not known or len(set(known)) != len(known)):
                raise OptionError(f"column {name!r} needs different categories, not {known}")

    @classmethod
    def of(cls, value: Any) -> OneHotColumns:
        """Return the encoding that ``value`` is: one, or the plain data of one (`to_data`)."""
        if isinstance(value, OneHotColumns):
            return value
        if not isinstance(value, Mapping) or set(value) != {"names", "categories"}:
            raise OptionError(f"OneHotColumns or their plain data are wanted, not {value!r}")
        return cls(**value)

    def to_data(self) -> dict[str, Data]:
        """Return this as plain data; `of` turns it back."""
        categories: Data = [None if known is None else list(known) for known in self.categories]
        return {"names": list(self.names), "categories": categories}

    @property
    def features(self) -> tuple[str, ...]:
        """What each column of the samples stands for, such as "colour=red"."""
        pairs = zip(self.names, self.categories, strict=True)
        return tuple(
            feature
            for name, known in pairs
            for feature in ([name] if known is None else [f"{name}={one}" for one in known])
        )

    def encode(self, table: Any, dtype: str = "float32") -> np.ndarray:
        """
        Return a table as samples (N, features).

        Args:
            table: With the same columns, as for `one_hot_columns`.
            dtype: "float32" or "float64".

        Raises:
            DataError: If a column is missing or another, or a category was not there when this was made.
        """
        given = Table.of(table, self.names)
        if given.names != self.names:
            raise DataError(
                f"these columns are encoded: {', '.join(self.names)}; not {', '.join(given.names)}"
            )
        parts = map(_encoded, self.names, given.columns, self.categories)
        return np.concatenate(list(parts), axis=1).astype(dtype)

    def decode(self, samples: Any) -> Table:
        """
        Return the table that `encode` made ``samples`` of; of several categories the one with the largest number.

        Raises:
            DataError: If the samples have another number of features.
        """
        x = np.asarray(samples)
        if x.ndim != 2 or x.shape[1] != len(self.features):
            raise DataError(f"samples (N, {len(self.features)}) are decoded, not {x.shape}")
        columns, first = [], 0
        for known in self.categories:
            last = first + (1 if known is None else len(known))
            part = x[:, first:last]
            columns.append(part[:, 0] if known is None else np.array(known)[part.argmax(axis=1)])
            first = last
        return Table(self.names, columns)


def one_hot_columns(table: Any, columns: Iterable[Any] | None = None) -> OneHotColumns:
    """
    Find the categories in the columns of a table, in sorted order.

    Args:
        table: A `Table`, a mapping from names to columns, or rows of the same length.
        columns: The columns that hold categories, by name or position; by default those that hold text.

    Raises:
        DataError: If ``table`` is none, or has no such column, or another column holds text.
    """
    given = Table.of(table)
    if isinstance(columns, str):
        raise OptionError(f"columns= takes a sequence of columns, such as [{columns!r}]")
    chosen = {given.position(name) for name in (given.categorical if columns is None else columns)}
    for name in given.categorical:
        if given.position(name) not in chosen:
            raise DataError(f"column {name!r} holds text, so it must be among columns= as well")
    found = [
        tuple(np.unique(column).tolist()) if index in chosen else None
        for index, column in enumerate(given.columns)
    ]
    return OneHotColumns(given.names, found)


def _encoded(name: str, column: np.ndarray, known: tuple[Any, ...] | None) -> np.ndarray:
    if known is None:
        if column.dtype.kind == "U":
            raise DataError(f"column {name!r} held numbers, but now there is text such as {str(column[0])!r}")
        return column[:, None]
    found, index = np.unique(column, return_inverse=True)
    places = {category: place for place, category in enumerate(known)}
    values = found.tolist()
    if unknown := [value for value in values if value not in places]:
        row = int(np.argmax(column == unknown[0]))
        raise DataError(
            f"column {name!r} holds {unknown[0]!r} in row {row}, which is none of its categories {list(known)}"
        )
    encoded = np.zeros((len(column), len(known)))
    encoded[np.arange(len(column)), np.array([places[value] for value in values])[index]] = 1
    return encoded
