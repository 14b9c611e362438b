"""Arrays in other shapes, with other axes, repeated, turned round."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import GradientError
from ..typing import Shape
from .primitive import Primitive, unbroadcast
from .reductions import axes_of
from .tables import INSTEAD, implements
from .traced import Traced, concrete

_reshape = Primitive(lambda x, shape: np.reshape(x, shape), lambda g, y, x, shape: np.reshape(g, x.shape))
_transpose = Primitive(
    lambda x, axes: np.transpose(x, axes),
    lambda g, y, x, axes: np.transpose(g, tuple(axes.index(k) for k in range(len(axes)))),
)
_broadcast = Primitive(
    lambda x, shape: np.broadcast_to(x, shape), lambda g, y, x, shape: unbroadcast(g, x.shape)
)


@implements("reshape")
def reshape(a: Any, shape: Any = None, order: Any = "C", **options: Any) -> Any:
    """Return an array in another shape."""
    shape = options.get("newshape", shape)
    _check_order("reshape", order)
    return _reshape(a, shape=tuple(shape) if isinstance(shape, (list, tuple)) else shape)


@implements("ravel")
def ravel(a: Any, order: Any = "C") -> Any:
    """Return an array with one axis."""
    _check_order("ravel", order)
    return _reshape(a, shape=(a.size,))


@implements("expand_dims")
def expand_dims(a: Any, axis: Any) -> Any:
    """Return an array with new axes of size 1."""
    count = len(axis) if isinstance(axis, (tuple, list)) else 1
    axes = axes_of(axis, a.ndim + count)
    sizes = iter(a.shape)
    return _reshape(a, shape=tuple(1 if k in axes else next(sizes) for k in range(a.ndim + count)))


@implements("squeeze")
def squeeze(a: Any, axis: Any = None) -> Any:
    """Return an array without axes of size 1."""
    axes = [k for k, n in enumerate(a.shape) if n == 1] if axis is None else axes_of(axis, a.ndim)
    if any(a.shape[k] != 1 for k in axes):
        raise ValueError(f"cannot squeeze axis {axis} of an array of shape {a.shape}: its size is not 1")
    return _reshape(a, shape=tuple(n for k, n in enumerate(a.shape) if k not in axes))


@implements("atleast_1d")
def atleast_1d(*arrays: Any) -> Any:
    """Return arrays with an axis."""
    return _each(lambda a: _reshape(a, shape=(1,)) if a.ndim == 0 else a, arrays)


@implements("atleast_2d")
def atleast_2d(*arrays: Any) -> Any:
    """Return arrays with two axes, new ones in front."""
    return _each(lambda a: _reshape(a, shape=(1, a.size)) if a.ndim < 2 else a, arrays)


@implements("atleast_3d")
def atleast_3d(*arrays: Any) -> Any:
    """Return arrays with three axes."""

    def one(a: Any) -> Any:
        if a.ndim < 2:
            return _reshape(a, shape=(1, a.size, 1))
        return _reshape(a, shape=(*a.shape, 1)) if a.ndim == 2 else a

    return _each(one, arrays)


def _each(function: Any, arrays: Any) -> Any:
    made = tuple(function(a if hasattr(a, "ndim") else np.asarray(a)) for a in arrays)
    return made[0] if len(made) == 1 else made


@implements("transpose", "permute_dims")
def transpose(a: Any, axes: Any = None) -> Any:
    """Return an array with its axes in another order."""
    return _transpose(
        a, axes=tuple(reversed(range(a.ndim))) if axes is None else axes_of(tuple(axes), a.ndim)
    )


@implements("swapaxes")
def swapaxes(a: Any, axis1: Any, axis2: Any) -> Any:
    """Return an array with two axes exchanged."""
    one, other = axes_of((axis1, axis2), a.ndim)
    axes = list(range(a.ndim))
    axes[one], axes[other] = other, one
    return _transpose(a, axes=tuple(axes))


@implements("matrix_transpose", "linalg.matrix_transpose")
def matrix_transpose(x: Any) -> Any:
    """Return an array with its last two axes exchanged."""
    return swapaxes(x, -1, -2)


@implements("moveaxis")
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Return an array with axes in other places."""
    came, go = axes_of(source, a.ndim), axes_of(destination, a.ndim)
    axes = [k for k in range(a.ndim) if k not in came]
    for place, axis in sorted(zip(go, came, strict=True)):
        axes.insert(place, axis)
    return _transpose(a, axes=tuple(axes))


@implements("rollaxis")
def rollaxis(a: Any, axis: Any, start: Any = 0) -> Any:
    """Return an array with an axis moved before another."""
    (k,) = axes_of(axis, a.ndim)
    start = start + a.ndim if start < 0 else start
    return moveaxis(a, k, start - 1 if k < start else start)


@implements("broadcast_to")
def broadcast_to(array: Any, shape: Any, subok: Any = False) -> Any:
    """Return an array as if it were repeated to fill a shape."""
    return _broadcast(array, shape=tuple(shape) if isinstance(shape, (tuple, list)) else (shape,))


@implements("full_like")
def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: Any = True, shape: Any = None
) -> Any:
    """Return an array of one value in the shape of another; the gradient goes to the value."""
    shape = np.shape(a) if shape is None else shape
    y = broadcast_to(fill_value, shape) if np.ndim(fill_value) or isinstance(fill_value, Traced) else None
    if y is None:
        return np.full_like(concrete(a), fill_value, dtype, shape=shape)
    return y.astype(np.result_type(a) if dtype is None else dtype)


@implements("broadcast_arrays")
def broadcast_arrays(*args: Any, subok: Any = False) -> Any:
    """Return arrays as if they were repeated to fill their common shape."""
    shape = np.broadcast_shapes(*(np.shape(a) for a in args))
    return tuple(_broadcast(a, shape=shape) for a in args)


@implements("repeat")
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    """Return an array with every element repeated."""
    if axis is None:
        a, axis = ravel(a), 0
    (k,) = axes_of(axis, a.ndim)
    if np.ndim(repeats) == 0:
        before, after = a.shape[: k + 1], a.shape[k + 1 :]
        many = _broadcast(_reshape(a, shape=(*before, 1, *after)), shape=(*before, int(repeats), *after))
        return _reshape(many, shape=(*a.shape[:k], a.shape[k] * int(repeats), *after))
    return np.take(a, np.repeat(np.arange(a.shape[k]), repeats), axis=k)


@implements("tile")
def tile(A: Any, reps: Any) -> Any:
    """Return an array repeated as a whole."""
    times = tuple(reps) if isinstance(reps, (tuple, list, np.ndarray)) else (reps,)
    ndim = max(len(times), A.ndim)
    times = (1,) * (ndim - len(times)) + tuple(map(int, times))
    sizes: Shape = (1,) * (ndim - A.ndim) + A.shape
    pairs = tuple(zip(times, sizes, strict=True))
    apart = _reshape(A, shape=tuple(n for _, size in pairs for n in (1, size)))
    many = _broadcast(apart, shape=tuple(n for pair in pairs for n in pair))
    return _reshape(many, shape=tuple(math.prod(pair) for pair in pairs))


@implements("flip")
def flip(m: Any, axis: Any = None) -> Any:
    """Return an array with axes turned round."""
    axes = axes_of(axis, m.ndim)
    return m[tuple(slice(None, None, -1) if k in axes else slice(None) for k in range(m.ndim))]


@implements("flipud")
def flipud(m: Any) -> Any:
    """Return an array with its first axis turned round."""
    return flip(m, 0)


@implements("fliplr")
def fliplr(m: Any) -> Any:
    """Return an array with its second axis turned round."""
    return flip(m, 1)


@implements("rot90")
def rot90(m: Any, k: Any = 1, axes: Any = (0, 1)) -> Any:
    """Return an array turned by quarters in the plane of two axes."""
    one, other = axes_of(tuple(axes), m.ndim)
    turns = k % 4
    if turns == 0:
        return m
    if turns == 2:
        return flip(m, (one, other))
    if turns == 1:
        return swapaxes(flip(m, other), one, other)
    return flip(swapaxes(m, one, other), other)


@implements("roll")
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """Return an array with elements moved along axes, those beyond the end to the beginning."""
    if axis is None:
        return _reshape(_rolled(ravel(a), int(shift), 0), shape=a.shape)
    axes = axes_of(axis, a.ndim)
    shifts = np.broadcast_to(shift, len(axes)) if np.ndim(axis) else [shift]
    for k, by in zip(axes, shifts, strict=True):
        a = _rolled(a, int(by), k)
    return a


def _rolled(a: Any, by: int, k: int) -> Any:
    n = a.shape[k]
    cut = n - by % n if n else 0
    if cut in (0, n):
        return a
    head = (slice(None),) * k
    return np.concatenate([a[(*head, slice(cut, None))], a[(*head, slice(None, cut))]], axis=k)


INSTEAD["resize"] = "use np.reshape, np.tile or np.pad"


def _check_order(name: str, order: Any) -> None:
    if order not in ("C", "K", "A"):
        raise GradientError(
            f"np.{name} of a traced array takes order='C' alone; use np.{name}(x.T) for order='F'"
        )
