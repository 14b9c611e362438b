"""The confusion matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import LabelError, ShapeError, UnknownNameError
from ..typing import Array

NORMALIZE = ("true", "pred", "all")


def confusion_matrix(
    targets: Any, predictions: Any, n_classes: int | None = None, *, normalize: str | None = None
) -> Array:
    """
    Count how often each class was taken for each: element (i, j) is class i taken for class j.

    Args:
        targets: The true classes as indexes.
        predictions: The predicted classes as indexes.
        n_classes: The number of classes; by default one more than the largest index.
        normalize: None for counts; "true" for shares of each true class (rows sum to 1), "pred" for shares of each
            predicted one (columns sum to 1), "all" for shares of all samples. A class that never occurs has shares 0.

    Shapes:
        targets and predictions (N,); result (n_classes, n_classes), int64, or float64 for shares

    Raises:
        ShapeError: If the two are not equally long vectors.
        LabelError: If an index is no integer or outside the classes.
        UnknownNameError: If ``normalize`` is none of these.
    """
    if normalize is not None and normalize not in NORMALIZE:
        raise UnknownNameError.of("normalize", normalize, NORMALIZE)
    true, taken = _indexes(targets, "targets"), _indexes(predictions, "predictions")
    if true.shape != taken.shape:
        raise ShapeError(f"confusion_matrix takes one prediction a target, not {len(taken)} for {len(true)}")
    largest = int(max(true.max(initial=-1), taken.max(initial=-1)))
    n = largest + 1 if n_classes is None else n_classes
    if largest >= n or min(true.min(initial=0), taken.min(initial=0)) < 0:
        raise LabelError(f"confusion_matrix of {n} classes takes indexes from 0 to {n - 1}")
    counts = np.bincount(true * n + taken, minlength=n * n).reshape(n, n)
    return counts if normalize is None else _shares(counts, normalize)


def _shares(counts: Array, normalize: str) -> Array:
    axis = {"true": 1, "pred": 0, "all": None}[normalize]
    return counts / np.maximum(counts.sum(axis=axis, keepdims=True), 1)


def _indexes(values: Any, what: str) -> Array:
    array = np.asarray(values)
    if array.ndim != 1:
        raise ShapeError(f"confusion_matrix takes {what} as a vector of class indexes, not {array.shape}")
    if array.size and array.dtype.kind not in "iu":
        raise LabelError(f"confusion_matrix takes {what} as class indexes (integers), not {array.dtype}")
    return array.astype(np.int64)
