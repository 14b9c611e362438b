"""New arrays beside given ones: on the host or on the device, wherever those are."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backends.in_order import add_in_order
from ..typing import Array, Shape
from .traced import concrete


def zeros(shape: Shape, like: Any) -> Array:
    """Return zeros of the type of ``like`` and where it is."""
    beside = concrete(like)
    if isinstance(beside, (np.ndarray, np.generic, float, int)):
        return np.zeros(shape, np.asarray(beside).dtype)
    return np.zeros(shape, beside.dtype, like=beside)


def positions(n: int, like: Any) -> Array:
    """Return 0, 1, ..., n - 1 where ``like`` is."""
    beside = concrete(like)
    return np.arange(n) if isinstance(beside, np.ndarray) else np.arange(n, like=beside)


def array(value: Any, like: Any) -> Array:
    """Return numbers or lists of numbers as an array where ``like`` is; arrays stay as they are."""
    if hasattr(value, "ndim"):
        return value
    beside = concrete(like)
    on_host = isinstance(beside, (np.ndarray, np.generic, float, int))
    return np.asarray(value) if on_host else np.asarray(value, like=beside)


def add_at(out: Array, index: Any, g: Array) -> None:
    """Add ``g`` to the elements of ``out`` at ``index``, as often as each stands there."""
    if isinstance(out, np.ndarray):
        np.add.at(out, index, g)
        return
    # A device would add in any order, and round another way each time.
    places = positions(out.size, out).reshape(out.shape)[index]
    flat, values = out.reshape(-1), np.broadcast_to(array(g, out), places.shape)
    add_in_order(np, flat, places.reshape(-1), values.reshape(-1), positions(places.size, out))
    out[...] = flat.reshape(out.shape)
