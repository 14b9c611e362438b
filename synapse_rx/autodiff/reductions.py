"""Sums, means, products, extremes over axes."""

from __future__ import annotations

import math
from operator import index
from typing import Any

import numpy as np

from ..errors import GradientError
from ..typing import Array, Shape
from .primitive import Primitive
from .tables import INSTEAD, METHODS, implements
from .traced import concrete

UNSET: Any = object()


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return an axis, several or None (all of them) as a tuple of numbers >= 0."""
    if axis is None:
        return tuple(range(ndim))
    given = tuple(map(index, axis)) if isinstance(axis, (tuple, list)) else (index(axis),)
    for k in given:
        if not -ndim <= k < ndim:
            raise np.exceptions.AxisError(k, ndim)
    return tuple(k % ndim for k in given)


def kept_shape(shape: Shape, axes: tuple[int, ...]) -> Shape:
    """Return ``shape`` with 1 for every reduced axis."""
    return tuple(1 if k in axes else size for k, size in enumerate(shape))


def _spread(g: Array, x: Array, axes: tuple[int, ...]) -> Array:
    """Return the gradient of a sum over ``axes``: the same for each of the elements."""
    return np.broadcast_to(np.reshape(g, kept_shape(x.shape, axes)), x.shape)


_sum = Primitive(
    lambda x, axes, keepdims: np.sum(x, axis=axes, keepdims=keepdims),
    lambda g, y, x, axes, keepdims: _spread(g, x, axes),
)


def _of_extremes(g: Array, y: Array, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    """Share the gradient among the elements that are equal to the extreme."""
    shape = kept_shape(x.shape, axes)
    chosen = (x == np.reshape(y, shape)).astype(x.dtype)
    share = chosen / np.sum(chosen, axis=axes, keepdims=True)
    return share * np.reshape(g, shape)


_max = Primitive(lambda x, axes, keepdims: np.max(x, axis=axes, keepdims=keepdims), _of_extremes)
_min = Primitive(lambda x, axes, keepdims: np.min(x, axis=axes, keepdims=keepdims), _of_extremes)


@implements("sum")
def sum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = UNSET,
    where: Any = UNSET,
) -> Any:
    """Return the sum over axes."""
    _refuse("sum", out=out)
    a = _chosen(a if dtype is None else a.astype(dtype), where, 0)
    y = _sum(a, axes=axes_of(axis, a.ndim), keepdims=_flag(keepdims))
    return y if initial is UNSET else y + initial


@implements("mean")
def mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, where: Any = UNSET
) -> Any:
    """Return the mean over axes."""
    _refuse("mean", out=out, where=where)
    a = a if dtype is None else a.astype(dtype)
    axes = axes_of(axis, a.ndim)
    return _sum(a, axes=axes, keepdims=_flag(keepdims)) / _count(a, axes)


@implements("var")
def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    where: Any = UNSET,
    mean: Any = UNSET,
    correction: Any = UNSET,
) -> Any:
    """Return the variance over axes."""
    _refuse("var", out=out, where=where, mean=mean)
    a = a if dtype is None else a.astype(dtype)
    axes, lost = axes_of(axis, a.ndim), ddof if correction is UNSET else correction
    n = _count(a, axes)
    away = a - _sum(a, axes=axes, keepdims=True) / n
    return _sum(away * away, axes=axes, keepdims=_flag(keepdims)) / (n - lost)


@implements("std")
def std(a: Any, axis: Any = None, *args: Any, **options: Any) -> Any:
    """Return the standard deviation over axes."""
    return np.sqrt(var(a, axis, *args, **options))


@implements("max", "amax")
def max(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = UNSET,
    where: Any = UNSET,
) -> Any:
    """Return the largest element over axes; equals share the gradient."""
    _refuse("max", out=out, where=where)
    y = _max(a, axes=axes_of(axis, a.ndim), keepdims=_flag(keepdims))
    return y if initial is UNSET else np.maximum(y, initial)


@implements("min", "amin")
def min(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = UNSET,
    where: Any = UNSET,
) -> Any:
    """Return the smallest element over axes; equals share the gradient."""
    _refuse("min", out=out, where=where)
    y = _min(a, axes=axes_of(axis, a.ndim), keepdims=_flag(keepdims))
    return y if initial is UNSET else np.minimum(y, initial)


@implements("ptp")
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    """Return the range over axes."""
    _refuse("ptp", out=out)
    return max(a, axis, keepdims=keepdims) - min(a, axis, keepdims=keepdims)


@implements("prod")
def prod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = UNSET,
    where: Any = UNSET,
) -> Any:
    """
    Return the product over axes.

    It is made of products of halves, so that its gradient needs no division and is right where elements are 0.
    """
    _refuse("prod", out=out)
    a = _chosen(a if dtype is None else a.astype(dtype), where, 1)
    axes = axes_of(axis, a.ndim)
    others = tuple(k for k in range(a.ndim) if k not in axes)
    shape = tuple(a.shape[k] for k in others)
    n = _count(a, axes)
    y = np.reshape(np.transpose(a, (*others, *axes)), (*shape, n))
    while n > 1:
        half = n // 2
        rest = y[..., 2 * half :]
        y = y[..., :half] * y[..., half : 2 * half]
        if rest.shape[-1]:
            y = np.concatenate([y, rest], axis=-1)
        n = y.shape[-1]
    y = y[..., 0] if n else np.ones(shape, a.dtype)
    y = np.reshape(y, kept_shape(a.shape, axes)) if _flag(keepdims) else y
    return y if initial is UNSET else y * initial


@implements("nansum")
def nansum(a: Any, axis: Any = None, **options: Any) -> Any:
    """Return the sum of what is not NaN."""
    return sum(np.where(np.isnan(a), 0, a), axis, **options)


@implements("nanmean")
def nanmean(a: Any, axis: Any = None, **options: Any) -> Any:
    """Return the mean of what is not NaN."""
    there = np.logical_not(np.isnan(a)).astype(a.dtype)
    return nansum(a, axis, **options) / np.sum(there, axis=axis, **options)


@implements("average")
def average(
    a: Any, axis: Any = None, weights: Any = None, returned: Any = False, *, keepdims: Any = False
) -> Any:
    """Return the weighted mean over an axis."""
    _refuse("average", returned=returned or None)
    if weights is None:
        return np.mean(a, axis=axis, keepdims=_flag(keepdims))
    if np.shape(weights) != np.shape(a):
        if axis is None or isinstance(axis, tuple):
            raise GradientError("np.average of a traced array takes weights of its own shape, or one axis")
        (along,) = axes_of(axis, np.ndim(a))
        weights = np.reshape(weights, tuple(np.size(weights) if k == along else 1 for k in range(np.ndim(a))))
    weights = weights * np.ones_like(concrete(a))
    keep = _flag(keepdims)
    return np.sum(a * weights, axis=axis, keepdims=keep) / np.sum(weights, axis=axis, keepdims=keep)


def logsumexp(a: Any, axis: Any = 0, keepdims: Any = False) -> Any:
    """Return ``log(sum(exp(a)))`` over axes; it neither overflows nor loses small terms."""
    axes = axes_of(axis, a.ndim)
    largest = concrete(np.max(a, axis=axes, keepdims=True))
    finite = np.where(np.isfinite(largest), largest, 0)
    y = np.log(np.sum(np.exp(a - finite), axis=axes, keepdims=True)) + finite
    return y if _flag(keepdims) else np.reshape(y, tuple(n for k, n in enumerate(a.shape) if k not in axes))


def _reduce(function: Any) -> Any:
    def reduce(
        a: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False, **options: Any
    ) -> Any:
        _refuse("reduce", out=out, **options)
        return function(a if dtype is None else a.astype(dtype), axis, keepdims=keepdims)

    return reduce


METHODS.update(
    {
        (np.add, "reduce"): _reduce(sum),
        (np.multiply, "reduce"): _reduce(prod),
        (np.maximum, "reduce"): _reduce(max),
        (np.minimum, "reduce"): _reduce(min),
        (np.logaddexp, "reduce"): _reduce(logsumexp),
    }
)

for name in ("quantile", "percentile", "nanmedian"):
    INSTEAD[name] = "take the elements you want of np.sort(x)"
for name in ("nanmax", "nanmin", "nanvar", "nanstd", "nanprod"):
    INSTEAD[name] = "put something else in the place of NaN with np.where first"


def _refuse(name: str, **options: Any) -> None:
    for option, value in options.items():
        if value is not None and value is not UNSET:
            raise GradientError(
                f"np.{name} of a traced array takes no {option}=; leave it out, or use np.where first"
            )


def _chosen(a: Any, where: Any, otherwise: float) -> Any:
    return a if where is UNSET or where is True else np.where(where, a, otherwise)


def _flag(keepdims: Any) -> bool:
    return keepdims is not UNSET and bool(keepdims)


def _count(a: Any, axes: tuple[int, ...]) -> int:
    return math.prod(a.shape[k] for k in axes)
