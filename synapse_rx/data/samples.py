"""From whatever the user calls samples to a finite, frozen array, or to an error that says why not."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DataError
from ..frozen import frozen

DTYPES = ("float32", "float64", "uint8")
"""The types samples are kept in."""


def to_samples(samples: Any, dtype: str | None = None) -> np.ndarray:
    """
    Return ``samples`` as a frozen array of ``dtype``; the array given is neither changed nor kept.

    Args:
        samples: Numbers or booleans of shape (N, *sample_shape), as an array or as nested sequences.
        dtype: One of `DTYPES`; None keeps the type of an array that has one of them, else "float32".

    Raises:
        DataError: If they are no numbers, not finite, ragged, none at all or do not fit ``dtype``.
    """
    array = _as_array(samples)
    _check_shape(array)
    cast = _cast(array, np.dtype(dtype or _own_dtype(samples)))
    return frozen(cast, fresh=cast is not array or isinstance(samples, list | tuple))


def first_bad(array: np.ndarray) -> tuple[int, ...] | None:
    """Return the index of the first value of ``array`` that is not finite, or None."""
    if array.dtype.kind != "f" or not array.size:
        return None
    with np.errstate(invalid="ignore"):
        if np.isfinite(array.min()) and np.isfinite(array.max()):
            return None
    return tuple(int(i) for i in np.unravel_index(np.argmin(np.isfinite(array)), array.shape))


def place(index: tuple[int, ...]) -> str:
    """Say in words where ``index`` is."""
    if len(index) == 2:
        return f"row {index[0]}, column {index[1]}"
    return f"row {index[0]}" + (f", index {index[1:]}" if index[1:] else "")


def describe(value: Any) -> str:
    """Say in a few words what ``value`` is."""
    if isinstance(value, np.ndarray):
        return f"an array {value.shape} of {value.dtype}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _own_dtype(samples: Any) -> str:
    name = str(getattr(samples, "dtype", ""))
    return name if name in DTYPES else "float32"


def _as_array(samples: Any) -> np.ndarray:
    if np.ma.is_masked(samples):
        raise DataError("some samples are masked; fill them or leave them out: samples.filled(0)")
    try:
        array = np.asarray(samples)
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(_why_no_array(samples, error)) from None
    if array.dtype.kind not in "buif":
        raise DataError(_why_no_numbers(samples, array))
    return array


def _why_no_array(samples: Any, error: Exception) -> str:
    if isinstance(samples, list | tuple):
        shapes = [np.shape(row) if _is_regular(row) else "a ragged row" for row in samples]
        odd = next((i for i, shape in enumerate(shapes) if shape != shapes[0]), 0)
        return (
            f"samples need the same shape in every row: row 0 has {_features(shapes[0])}, "
            f"row {odd} has {_features(shapes[odd])}"
        )
    return f"samples are wanted as an array (N, *sample_shape), not as {describe(samples)}: {error}"


def _is_regular(row: Any) -> bool:
    try:
        np.shape(row)
    except ValueError:
        return False
    return True


def _features(shape: Any) -> str:
    if isinstance(shape, str):
        return "sequences of different lengths"
    if len(shape) == 1:
        return f"{shape[0]} features"
    return f"shape {shape}" if shape else "a single value"


def _why_no_numbers(samples: Any, array: np.ndarray) -> str:
    if not array.ndim:
        return (
            f"samples are wanted as an array (N, *sample_shape) of numbers, not {describe(samples)}; "
            "pass a numpy array or a list of rows"
        )
    repair = {
        "O": "give every value a number; None and text have no place",
        "c": "use the real and imaginary parts as two features",
        "U": "convert text with samples.astype(float)",
        "S": "convert text with samples.astype(float)",
    }.get(array.dtype.kind, "convert them to float first")
    return f"samples are wanted as numbers, not as {array.dtype} values; {repair}"


def _check_shape(array: np.ndarray) -> None:
    if array.ndim < 2:
        raise DataError(
            f"samples are wanted as (N, *sample_shape), not {array.shape}; "
            "samples[:, None] makes samples of one feature each, samples[None] one single sample"
        )
    if not len(array):
        raise DataError(f"the set is empty: samples have the shape {array.shape}, at least one is needed")
    if not array.size:
        raise DataError(f"the samples have no features: their shape is {array.shape}")


def _cast(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    _check_finite(array)
    if dtype == np.uint8 and array.dtype != np.uint8:
        _check_bytes(array)
    with np.errstate(over="ignore"):
        cast = array.astype(dtype, order="C", copy=False)
    if cast is not array and (bad := first_bad(cast)) is not None:
        raise DataError(
            f"the sample value {array[bad]} at {place(bad)} is too large for {dtype}; "
            "scale the samples or ask for dtype='float64'"
        )
    return cast


def _check_finite(array: np.ndarray) -> None:
    if (bad := first_bad(array)) is not None:
        raise DataError(
            f"samples must be finite, but there is {array[bad]} at {place(bad)}; "
            "leave the sample out or fill the gap, for example with np.nan_to_num"
        )


def _check_bytes(array: np.ndarray) -> None:
    if array.dtype.kind == "b":
        return
    wrong = (array < 0) | (array > 255) | (array != np.trunc(array))
    if wrong.any():
        bad = tuple(int(i) for i in np.unravel_index(np.argmax(wrong), array.shape))
        raise DataError(
            f"dtype='uint8' takes whole numbers from 0 to 255, but there is {array[bad]} at {place(bad)}"
        )
