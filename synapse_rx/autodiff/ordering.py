"""Arrays in order, running sums and products, differences."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import GradientError
from .making import positions
from .primitive import Primitive
from .reductions import UNSET, axes_of
from .tables import METHODS, implements
from .traced import concrete

_cumsum = Primitive(
    lambda x, axis: np.cumsum(x, axis=axis),
    lambda g, y, x, axis: np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis),
)


@implements("cumsum")
def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Return the running sum along an axis."""
    a, k = _line("cumsum", a, axis, out)
    return _cumsum(a if dtype is None else a.astype(dtype), axis=k)


@implements("cumprod")
def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """
    Return the running product along an axis.

    It is made of products over ever longer stretches (Hillis & Steele, 1986), so that its gradient needs no division.
    """
    a, k = _line("cumprod", a, axis, out)
    y = a if dtype is None else a.astype(dtype)
    reach, n, head = 1, a.shape[k], (slice(None),) * k
    while reach < n:
        longer = y[(*head, slice(reach, None))] * y[(*head, slice(None, n - reach))]
        y = np.concatenate([y[(*head, slice(None, reach))], longer], axis=k)
        reach *= 2
    return y


def _line(name: str, a: Any, axis: Any, out: Any) -> tuple[Any, int]:
    if out is not None:
        raise GradientError(f"np.{name} of a traced array takes no out=; leave it out")
    if axis is None:
        return np.ravel(a), 0
    return a, axes_of(axis, a.ndim)[0]


@implements("cumulative_sum")
def cumulative_sum(x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Return the running sum along an axis."""
    return cumsum(x, axis, dtype, out)


@implements("cumulative_prod")
def cumulative_prod(x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Return the running product along an axis."""
    return cumprod(x, axis, dtype, out)


def _accumulate(function: Any) -> Any:
    return lambda a, axis=0, dtype=None, out=None: function(a, axis, dtype, out)


METHODS[np.add, "accumulate"] = _accumulate(cumsum)
METHODS[np.multiply, "accumulate"] = _accumulate(cumprod)


@implements("sort")
def sort(a: Any, axis: Any = -1, **options: Any) -> Any:
    """Return an array in ascending order along an axis; the gradient goes to where elements came from."""
    if axis is None:
        a, axis = np.ravel(a), -1
    order = np.argsort(concrete(a), axis=axis, **{k: v for k, v in options.items() if v is not None})
    return np.take_along_axis(a, order, axis)


@implements("median")
def median(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: Any = False, keepdims: Any = False
) -> Any:
    """Return the middle of the elements over axes, the mean of the two middle ones if their number is even."""
    if out is not None:
        raise GradientError("np.median of a traced array takes no out=; leave it out")
    axes = axes_of(axis, a.ndim)
    others = tuple(k for k in range(a.ndim) if k not in axes)
    shape = tuple(a.shape[k] for k in others)
    line = sort(np.reshape(np.transpose(a, (*others, *axes)), (*shape, -1)))
    n = line.shape[-1]
    y = (line[..., (n - 1) // 2] + line[..., n // 2]) / 2
    return np.expand_dims(y, axes) if keepdims else y


@implements("diff")
def diff(a: Any, n: Any = 1, axis: Any = -1, prepend: Any = UNSET, append: Any = UNSET) -> Any:
    """Return the differences of neighbours along an axis, n times."""
    if prepend is not UNSET or append is not UNSET:
        raise GradientError(
            "np.diff of a traced array takes no prepend= or append=; use np.concatenate before"
        )
    head = (slice(None),) * axes_of(axis, a.ndim)[0]
    for _ in range(n):
        a = a[(*head, slice(1, None))] - a[(*head, slice(None, -1))]
    return a


@implements("ediff1d")
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Return the differences of neighbours of all elements."""
    if to_end is not None or to_begin is not None:
        raise GradientError(
            "np.ediff1d of a traced array takes no to_end= or to_begin=; use np.concatenate after"
        )
    return diff(np.ravel(ary))


@implements("tril")
def tril(m: Any, k: Any = 0) -> Any:
    """Return a matrix with zeros above a diagonal."""
    return np.where(_below(m, k), m, 0)


@implements("triu")
def triu(m: Any, k: Any = 0) -> Any:
    """Return a matrix with zeros below a diagonal."""
    return np.where(_below(m, k - 1), 0, m)


def _below(m: Any, k: int) -> Any:
    rows, columns = m.shape[-2:]
    return np.expand_dims(positions(rows, m), 1) + k >= np.expand_dims(positions(columns, m), 0)
