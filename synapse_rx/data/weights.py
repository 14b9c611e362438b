"""How much each sample counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import DataError, LabelError, OptionError
from ..frozen import frozen
from .samples import describe, first_bad


def to_weights(weights: Any, n: int, dtype: str) -> np.ndarray:
    """
    Return ``weights`` as a frozen array (n,).

    Raises:
        DataError: If they are not one finite number >= 0 for each sample.
    """
    array = np.asarray(weights)
    if array.dtype.kind not in "buif" or array.ndim != 1:
        raise DataError(f"weights= takes one number for each sample, (N,), not {describe(array)}")
    if len(array) != n:
        raise DataError(f"{n} samples have {len(array)} weights; one for each is needed")
    with np.errstate(over="ignore"):
        cast = array.astype(dtype, copy=False)
    bad = first_bad(cast)
    if bad is None and (cast < 0).any():
        bad = (int(np.argmax(cast < 0)),)
    if bad is not None:
        raise DataError(
            f"weights must be finite and not negative, but that of sample {bad[0]} is {array[bad]}"
        )
    return frozen(cast, fresh=cast is not array)


def of_classes(y: np.ndarray | None, labels: tuple[Any, ...] | None, asked: Any) -> np.ndarray:
    """
    Return a weight for each sample by its class.

    Args:
        y: One-hot targets (N, classes).
        labels: The label of each column.
        asked: A mapping from labels to weights, in which a label left out counts 1; or "balanced": N / (classes x
            samples of the class), so that every class counts the same and the weights are 1 on average.

    Raises:
        LabelError: If the targets are values, or a label is unknown.
        OptionError: If ``asked`` is something else, or a weight is no finite number >= 0.
    """
    if y is None or labels is None:
        raise LabelError(
            "class_weights= belongs to classes, but these targets are values; weights= takes one each"
        )
    columns = y.argmax(axis=1)
    if isinstance(asked, str) and asked == "balanced":
        counts = np.bincount(columns, minlength=len(labels))
        present = np.maximum(counts, 1)
        return (len(y) / (np.count_nonzero(counts) * present))[columns]
    if not isinstance(asked, Mapping):
        raise OptionError(
            f"class_weights= takes a mapping from labels to weights, or 'balanced', not {asked!r}"
        )
    if unknown := [label for label in asked if label not in labels]:
        raise LabelError(f"class_weights= names {unknown[0]!r}, which is none of the labels {labels}")
    return np.array([_weight(label, asked.get(label, 1.0)) for label in labels])[columns]


def _weight(label: Any, weight: Any) -> float:
    try:
        number = float(weight)
    except (TypeError, ValueError):
        number = -1.0
    if not (np.isfinite(number) and number >= 0):
        raise OptionError(f"class_weights= gives {label!r} the weight {weight!r}; take a number >= 0")
    return number


def check_some(weights: np.ndarray | None) -> None:
    """Raise a DataError if every weight is 0."""
    if weights is not None and not weights.any():
        raise DataError("every training sample has the weight 0, so there is nothing to learn")
