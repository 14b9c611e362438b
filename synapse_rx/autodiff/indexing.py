"""Elements and parts of arrays; their gradients are added to where they came from."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import GradientError
from ..typing import Array, Shape
from .making import add_at, positions, zeros
from .primitive import Primitive
from .reductions import axes_of
from .tables import FUNCTIONS, INSTEAD, implements
from .traced import concrete


def _put(g: Array, index: Any, shape: Shape) -> Array:
    out = zeros(shape, g)
    if _is_basic(index):
        out[index] = g
    else:
        add_at(out, index, g)
    return out


def _is_basic(index: Any) -> bool:
    """Return whether an index names no element twice, as slices and numbers do."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None or part is Ellipsis or isinstance(part, (int, np.integer, slice)) for part in parts
    )


scatter = Primitive(_put, lambda g, y, x, index, shape: take_at(g, index=index))
"""``scatter(g, index=..., shape=...)`` returns zeros of ``shape`` with g added at ``index``."""

take_at = Primitive(lambda x, index: x[index], lambda g, y, x, index: scatter(g, index=index, shape=x.shape))
"""``take_at(x, index=...)`` is ``x[index]``."""


def getitem(x: Any, index: Any) -> Any:
    """Return ``x[index]``; numbers, slices, None, Ellipsis, lists, whole numbers and truth values in arrays."""
    return take_at(x, index=concrete(index))


FUNCTIONS["getitem"] = getitem


@implements("take")
def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise") -> Any:
    """Return the elements of these positions along an axis."""
    if out is not None or mode != "raise":
        raise GradientError("np.take of a traced array takes no out= and no mode=; use x[indices % len(x)]")
    if axis is None:
        return np.ravel(a)[indices]
    (k,) = axes_of(axis, a.ndim)
    return a[(*(slice(None),) * k, indices)]


@implements("take_along_axis")
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    """Return the elements of these positions along an axis, different ones for every line."""
    if axis is None:
        return np.ravel(arr)[indices]
    (k,) = axes_of(axis, arr.ndim)
    index = [along(n, d, arr) for d, n in enumerate(arr.shape)]
    index[k] = indices
    return arr[tuple(index)]


def along(n: int, axis: int, like: Any) -> Array:
    """Return 0, ..., n - 1 along ``axis`` of as many axes as ``like`` has."""
    return np.reshape(positions(n, like), tuple(n if d == axis else 1 for d in range(like.ndim)))


@implements("compress")
def compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    """Return the elements where a condition holds along an axis."""
    return take(a, np.flatnonzero(condition), axis, out)


@implements("extract")
def extract(condition: Any, arr: Any) -> Any:
    """Return the elements where a condition holds."""
    return take(arr, np.flatnonzero(condition))


@implements("diagonal", "linalg.diagonal")
def diagonal(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Any:
    """Return the diagonals of two axes, as the last one."""
    a = np.moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = a.shape[-2:]
    n = max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))
    along = positions(n, a)
    return a[..., along + max(0, -offset), along + max(0, offset)]


@implements("trace", "linalg.trace")
def trace(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Any:
    """Return the sums of the diagonals of two axes."""
    return np.sum(diagonal(a, offset, axis1, axis2), axis=-1)


@implements("diag")
def diag(v: Any, k: Any = 0) -> Any:
    """Return the diagonal of a matrix, or a matrix with this diagonal."""
    if v.ndim == 2:
        return diagonal(v, k)
    n = len(v) + abs(k)
    along = positions(len(v), v)
    return scatter(v, index=(along + max(0, -k), along + max(0, k)), shape=(n, n))


@implements("bincount")
def bincount(x: Any, /, weights: Any = None, minlength: Any = 0) -> Any:
    """Return how often each whole number occurs, or the sum of the weights where it does."""
    numbers = concrete(x)
    if weights is None:
        return np.bincount(numbers, minlength=minlength)
    n = max(int(numbers.max()) + 1 if numbers.size else 0, minlength)
    return scatter(weights, index=numbers, shape=(n,))


for name in ("put", "place", "putmask", "copyto", "fill_diagonal", "put_along_axis"):
    INSTEAD[name] = "it writes into an array; use np.where(condition, new, x)"
INSTEAD["apply_along_axis"] = INSTEAD["apply_over_axes"] = "work on the whole array with axis="
