"""From labels to targets and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import attrs
import numpy as np

from ..errors import LabelError, OptionError
from ..typing import Shape
from .samples import describe, first_bad, place

Targets = Literal["auto", "classes", "values", "steps"]
"""How labels become targets; see `encode`."""


@attrs.frozen
class Encoded:
    """Targets and what their columns stand for."""

    y: np.ndarray
    """(N, outputs)."""
    labels: tuple[Any, ...] | None
    """The class label of every column, of every step where there are several; or None for values."""
    shape: Shape = ()
    """The shape of the targets of a sample, where it has several axes; they stand in one row all the same."""


def encode(
    labels: Any,
    n: int,
    *,
    targets: Targets = "auto",
    known: Sequence[Any] | None = None,
    dtype: str = "float32",
    censored: bool = False,
) -> Encoded:
    """
    Turn the labels of ``n`` samples into targets.

    "classes" become one-hot, one column per label in sorted order (or that of ``known``); rows that are
    one-hot already stay. "values" stay as they are, one column if one-dimensional. "auto" goes by the type,
    not by the content: text, integers and booleans in one dimension are classes, and so are floats if there
    are ``known`` labels; other floats and everything in two dimensions or more are values. "steps" are classes
    (N, steps), one-hot for each step. ``censored`` values may hold NaN where a target is missing.

    Raises:
        LabelError: If the labels are mixed, not finite, too few, all the same or not among ``known``.
    """
    array = _as_array(labels, targets == "steps")
    if len(array) != n:
        raise LabelError(f"{n} samples have {len(array)} labels; one for each is needed")
    if targets == "steps":
        return _steps(array, known, dtype, censored)
    if array.ndim > 2:
        if targets == "classes" or known is not None:
            raise LabelError(
                f"classes of samples are (N,), not {array.shape}; those of every step are (N, steps) with "
                "targets='steps'"
            )
        rows = encode(array.reshape(n, -1), n, targets=targets, dtype=dtype, censored=censored)
        return Encoded(rows.y, None, array.shape[1:])
    if censored and (array.ndim != 2 or array.dtype.kind != "f" or targets == "classes" or known is not None):
        raise LabelError(
            "censored=True takes targets as values (N, outputs) of floats, NaN where one is missing; "
            "labels[:, None] makes one column of (N,)"
        )
    if targets == "values" and known is not None:
        raise OptionError("known_labels= belongs to classes; it contradicts targets='values'")
    if (targets == "classes" or known is not None) and array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 2:
        return _rows(array, targets, known, dtype, censored)
    if targets == "values" or (targets == "auto" and known is None and array.dtype.kind == "f"):
        return Encoded(_numbers(array[:, None], dtype, False), None)
    return _one_hot(array, known, dtype, asked=targets == "classes")


def decode(y: Any, labels: Sequence[Any]) -> list[Any]:
    """
    Return the label of the largest target in each row of ``y`` (N, outputs).

    >>> decode([[0.1, 0.9], [1.0, 0.0]], ("no", "yes"))
    ['yes', 'no']
    """
    array = np.asarray(y)
    if array.ndim != 2 or array.shape[1] != len(labels):
        raise LabelError(f"{len(labels)} labels decode targets (N, {len(labels)}), not {array.shape}")
    return [labels[column] for column in array.argmax(axis=1).tolist()]


def _steps(array: np.ndarray, known: Sequence[Any] | None, dtype: str, censored: bool) -> Encoded:
    if array.ndim != 2 or censored:
        raise LabelError(
            f"targets='steps' takes a class for every step, (N, steps), not {array.shape}"
            if array.ndim != 2
            else "classes cannot be censored; give the targets as values (N, steps, outputs), NaN for missing"
        )
    rows = _one_hot(array.ravel(), known, dtype, asked=True)
    assert rows.labels is not None
    return Encoded(rows.y.reshape(len(array), -1), rows.labels, (array.shape[1], len(rows.labels)))


def _as_array(labels: Any, steps: bool = False) -> np.ndarray:
    if isinstance(labels, list | tuple):
        return _from_sequence(labels, steps)
    try:
        array = np.asarray(labels)
    except (TypeError, ValueError, RuntimeError) as error:
        raise LabelError(
            f"labels are wanted as a list or an array, not {describe(labels)}: {error}"
        ) from None
    if not array.ndim:
        raise LabelError(f"labels are wanted as a list or an array, not {describe(labels)}; try list(labels)")
    if array.dtype.kind in "OT":
        return _from_sequence(array.tolist(), steps)
    return _checked(array, steps)


def _from_sequence(labels: Sequence[Any], steps: bool) -> np.ndarray:
    kinds = {kind: _family(kind) for kind in dict.fromkeys(map(type, labels))}
    for kind, family in kinds.items():
        row = next(i for i, label in enumerate(labels) if type(label) is kind)
        if family is None:
            raise LabelError(
                f"labels are text, numbers or booleans, not {kind.__name__} "
                f"({labels[row]!r} at row {row}); convert them first"
            )
        if (first := _family(type(labels[0]))) != family:
            raise LabelError(
                f"labels must be of one kind, but there are {first} (such as {labels[0]!r}) "
                f"and {family} ({labels[row]!r} at row {row})"
            )
    try:
        array = np.array(labels)
    except ValueError:
        raise LabelError("target rows must all have the same length") from None
    if array.dtype.kind in "Of" and all(issubclass(kind, int | np.integer) for kind in kinds) and kinds:
        raise LabelError("integer labels must fit 64 bits; make text of larger ones with str")
    return _checked(array, steps)


def _family(kind: type) -> str | None:
    if issubclass(kind, str):
        return "text"
    if issubclass(kind, bool | np.bool_):
        return "booleans"
    if issubclass(kind, int | float | np.integer | np.floating):
        return "numbers"
    return "rows" if issubclass(kind, list | tuple | np.ndarray) else None


def _checked(array: np.ndarray, steps: bool) -> np.ndarray:
    if not array.size:
        raise LabelError(f"there are no labels: their shape is {array.shape}")
    if array.dtype.kind not in "Ubiuf":
        raise LabelError(f"labels are text, numbers or booleans, not {array.dtype}; convert them first")
    if array.ndim > 1 and array.dtype.kind == "U" and not steps:
        if array.size > len(array):
            raise LabelError(
                f"text labels are wanted in one dimension, not {array.shape}; take one column, or targets='steps' "
                "for a class at every step"
            )
        return array.reshape(-1)
    return array


def check_finite_targets(given: np.ndarray, y: np.ndarray, censored: bool) -> None:
    """Raise a LabelError unless all targets ``y``, made of ``given``, are finite, or NaN where ``censored``."""
    bad = first_bad(y)
    if bad is not None and censored:
        infinite = np.isinf(y)
        bad = tuple(map(int, np.argwhere(infinite)[0])) if infinite.any() else None
    if bad is not None:
        missing = not censored and np.isnan(y[bad])
        repair = "; censored=True lets targets be missing" if missing else ""
        raise LabelError(
            f"targets must be finite {y.dtype} numbers, not {given[bad]} at {place(bad)}{repair}"
        )


def _numbers(array: np.ndarray, dtype: str, censored: bool) -> np.ndarray:
    if array.dtype.kind == "U":
        raise LabelError(f"targets='values' needs numbers, not text such as {str(array.flat[0])!r}")
    with np.errstate(over="ignore"):
        y = array.astype("float64" if dtype == "float64" else "float32")
    check_finite_targets(array, y, censored)
    return y


def _rows(
    array: np.ndarray, targets: Targets, known: Sequence[Any] | None, dtype: str, censored: bool
) -> Encoded:
    y = _numbers(array, dtype, censored)
    if known is not None and len(known) != y.shape[1]:
        raise LabelError(f"the targets have {y.shape[1]} columns, but there are {len(known)} known labels")
    if targets != "classes":
        return Encoded(y, None if known is None else tuple(known))
    wrong = (np.count_nonzero(y, axis=1) != 1) | (y.max(axis=1) != 1)
    if wrong.any():
        row = int(wrong.argmax())
        raise LabelError(
            f"targets='classes' takes rows with a single 1, row {row} is {array[row]}; use targets='values'"
        )
    return Encoded(y, tuple(range(y.shape[1]) if known is None else known))


def _one_hot(array: np.ndarray, known: Sequence[Any] | None, dtype: str, *, asked: bool) -> Encoded:
    if (bad := first_bad(array)) is not None:
        raise LabelError(f"a class label must be finite, but there is {array[bad]} at {place(bad)}")
    found, index = np.unique(array, return_inverse=True)
    names = found.tolist()
    if known is None:
        _check_classes(names, len(array), asked)
        columns = tuple(names)
    else:
        columns = tuple(known)
        index = _known_columns(names, columns)[index]
    y = np.zeros((len(array), len(columns)), "float64" if dtype == "float64" else "float32")
    y[np.arange(len(array)), index] = 1
    return Encoded(y, columns)


def _check_classes(names: list[Any], n: int, asked: bool) -> None:
    if len(names) == 1:
        raise LabelError(
            f"every label is {names[0]!r}: at least two classes are needed; add samples of another class, "
            "pass known_labels= for a test set, or targets='values' if the labels are numbers to be predicted"
        )
    if not asked and len(names) > 1000 and 2 * len(names) > n:
        raise LabelError(
            f"{len(names)} different labels for {n} samples look like values: pass targets='values' to "
            "predict the numbers, or targets='classes' if each really is a class of its own"
        )


def _known_columns(names: list[Any], known: tuple[Any, ...]) -> np.ndarray:
    columns = {label: column for column, label in enumerate(known)}
    if unknown := [name for name in names if name not in columns]:
        shown = ", ".join(map(repr, unknown[:5])) + (", ..." if len(unknown) > 5 else "")
        raise LabelError(f"never seen in training: {shown}; the known labels are {known}")
    return np.array([columns[name] for name in names])
