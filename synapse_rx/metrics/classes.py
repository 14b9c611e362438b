"""Classes as indexes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import LabelError, ShapeError
from ..typing import Array


def all_labels(*parts: Any) -> tuple[Any, ...]:
    """
    Return the labels that occur in vectors of them, in order.

    Raises:
        LabelError: If they cannot be put in order.
    """
    found = {label for part in parts for label in plain_labels(part, "labels")}
    try:
        return tuple(sorted(found))
    except TypeError:
        raise LabelError(
            f"labels of several types have no order; give labels=, all of {list(found)!r}"
        ) from None


def indexes(values: Any, labels: tuple[Any, ...], what: str) -> Array:
    """
    Return the position of each of ``values`` among ``labels``.

    Raises:
        ShapeError: If they are no vector.
        LabelError: If one is no label, or the labels name one twice.
    """
    places = {label: place for place, label in enumerate(labels)}
    if len(places) != len(labels):
        raise LabelError(f"labels= names a class twice: {labels}")
    wanted = plain_labels(values, what)
    for row, value in enumerate(wanted):
        if value not in places:
            raise LabelError(f"{what} are wanted as labels, one of {labels}, but number {row} is {value!r}")
    return np.fromiter((places[value] for value in wanted), np.int64, len(wanted))


def plain_labels(values: Any, what: str) -> list[Any]:
    """Return a vector of labels as a list of plain values."""
    shape = values.shape if isinstance(values, np.ndarray) else (0,)
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    if len(shape) != 1 or any(isinstance(value, (list, np.ndarray)) for value in plain):
        raise ShapeError(f"{what} are wanted as a vector of labels, not one of vectors")
    return plain
