"""Checks of the options that data sets are made with; each returns the option in its plain form."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from math import isfinite, prod
from typing import Any, Literal

import numpy as np

from ..errors import OptionError, UnknownNameError
from .samples import DTYPES

Shuffle = Literal["once", "epoch", "balanced", False]
"""Shuffle once before splitting, also anew for every epoch (with every class equally often), or not at all."""


def check_count(name: str, value: Any, least: int) -> int:
    """Return ``value`` as an int of at least ``least``."""
    try:
        count = operator.index(value)
    except TypeError:
        count = None
    if count is None or isinstance(value, bool | np.bool_) or count < least:
        raise OptionError(f"{name}= takes a whole number of at least {least}, not {value!r}")
    return count


def check_shuffle(shuffle: Any) -> Shuffle:
    """Return ``shuffle`` if it is "once", "epoch", "balanced" or False."""
    if isinstance(shuffle, bool | np.bool_):
        if shuffle:
            raise OptionError("shuffle=True could mean two things: take 'once' or 'epoch' (anew every epoch)")
        return False
    return check_choice("shuffle", shuffle, ("once", "epoch", "balanced"), also="False")


def check_choice(name: str, value: Any, known: Iterable[str], also: str = "") -> Any:
    """Return ``value`` if it is one of ``known``."""
    if isinstance(value, str) and value in known:
        return value
    raise UnknownNameError.of(name, value, [*known, also] if also else known)


def check_dtype(dtype: Any) -> str:
    """Return the name of ``dtype``, one that samples can be kept in."""
    try:
        name = np.dtype(dtype).name if dtype is not None else None
    except TypeError:
        name = dtype
    return check_choice("dtype", name, DTYPES)


def check_scale(scale: Any) -> float:
    """Return ``scale`` as a positive finite float."""
    try:
        value = float(scale)
    except (TypeError, ValueError):
        value = 0.0
    if not (isfinite(value) and value > 0):
        raise OptionError(f"scale= takes a positive number such as 1/255, not {scale!r}")
    return value


def check_censored(censored: Any) -> bool:
    """Return ``censored`` as a bool."""
    if not isinstance(censored, bool | np.bool_):
        raise OptionError(f"censored= is True or False, not {censored!r}")
    return bool(censored)


def check_labels(name: str, labels: Any) -> tuple[Any, ...] | None:
    """Return a sequence of class labels as a tuple of plain values, or None."""
    if labels is None:
        return None
    if isinstance(labels, str | bytes) or not isinstance(labels, Iterable):
        raise OptionError(f"{name}= takes a sequence of labels, not {labels!r}")
    return tuple(label.item() if isinstance(label, np.generic) else label for label in labels)


def check_batch(batch: Any, online: bool, n: int) -> int:
    """Return the batch size, at most ``n``: ``batch``, all when None, 1 when ``online``."""
    if online and batch not in (None, 1):
        raise OptionError(f"online=True means batches of 1; it contradicts batch={batch!r}")
    if online:
        return 1
    return n if batch is None else min(n, check_count("batch", batch, 1))


def check_nvalid(nvalid: Any, n: int) -> int:
    """Return ``nvalid``, fewer than ``n``."""
    count = check_count("nvalid", nvalid, 0)
    if count >= n:
        raise OptionError(f"nvalid={count} of {n} samples leaves nothing to train on; take at most {n - 1}")
    return count


def check_field_size(field_size: Any, sample_shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return how one sample is laid out for the eye: as asked, its own shape, or the most square pair."""
    if field_size is None:
        return sample_shape if len(sample_shape) > 1 else divisors(prod(sample_shape))
    try:
        sizes = tuple(check_count("field_size", size, 1) for size in field_size)
    except TypeError:
        raise OptionError(f"field_size= takes sizes such as (28, 28), not {field_size!r}") from None
    if prod(sizes) != prod(sample_shape):
        raise OptionError(f"field_size={sizes} holds {prod(sizes)} values, a sample has {prod(sample_shape)}")
    return sizes


def divisors(n: int) -> tuple[int, int]:
    """
    Return the most square pair of sizes with product ``n``, the larger first.

    >>> divisors(784), divisors(12), divisors(7)
    ((28, 28), (4, 3), (7, 1))
    """
    small = next(k for k in range(int(n**0.5), 0, -1) if n % k == 0)
    return n // small, small
