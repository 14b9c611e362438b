"""Products of matrices and vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import GradientError
from ..typing import Array
from .elementwise import TWO
from .primitive import Primitive, unbroadcast
from .reductions import axes_of
from .tables import METHODS, UFUNCS, implements


def _left(g: Array, y: Array, a: Array, b: Array) -> Array:
    return unbroadcast(np.matmul(g, np.swapaxes(b, -1, -2)), a.shape)


def _right(g: Array, y: Array, a: Array, b: Array) -> Array:
    return unbroadcast(np.matmul(np.swapaxes(a, -1, -2), g), b.shape)


_matmul = Primitive(np.matmul, _left, _right)


def matmul(a: Any, b: Any) -> Any:
    """Return products of matrices; a vector is a row on the left and a column on the right."""
    row, column = np.ndim(a) == 1, np.ndim(b) == 1
    y = _matmul(np.expand_dims(a, 0) if row else a, np.expand_dims(b, 1) if column else b)
    if row or column:
        y = np.squeeze(y, (*((-2,) if row else ()), *((-1,) if column else ())))
    return y


UFUNCS[np.matmul] = matmul


@implements("dot")
def dot(a: Any, b: Any, out: Any = None) -> Any:
    """Return the product over the last axis of a and the last but one of b."""
    if out is not None:
        raise GradientError("np.dot of traced arrays takes no out=; leave it out")
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    if np.ndim(b) <= 2 and np.ndim(a) <= 2:
        return matmul(a, b)
    return tensordot(a, b, (-1, -2 if np.ndim(b) > 1 else -1))


@implements("inner")
def inner(a: Any, b: Any) -> Any:
    """Return the product over the last axes."""
    return np.multiply(a, b) if np.ndim(a) == 0 or np.ndim(b) == 0 else tensordot(a, b, (-1, -1))


@implements("vdot")
def vdot(a: Any, b: Any) -> Any:
    """Return the product of all elements of two arrays, added up."""
    return matmul(np.ravel(a), np.ravel(b))


@implements("outer", "linalg.outer")
def outer(a: Any, b: Any, out: Any = None) -> Any:
    """Return the products of every element of a with every element of b."""
    if out is not None:
        raise GradientError("np.outer of traced arrays takes no out=; leave it out")
    return np.multiply(np.expand_dims(np.ravel(a), 1), np.expand_dims(np.ravel(b), 0))


@implements("tensordot", "linalg.tensordot")
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Return the product over several axes."""
    if np.ndim(axes) == 0 and not isinstance(axes, (tuple, list)):
        over_a, over_b = tuple(range(np.ndim(a) - axes, np.ndim(a))), tuple(range(axes))
    else:
        over_a, over_b = axes_of(axes[0], np.ndim(a)), axes_of(axes[1], np.ndim(b))
    free_a = tuple(k for k in range(np.ndim(a)) if k not in over_a)
    free_b = tuple(k for k in range(np.ndim(b)) if k not in over_b)
    shape_a, shape_b = np.shape(a), np.shape(b)
    rows, columns = [shape_a[k] for k in free_a], [shape_b[k] for k in free_b]
    n = int(np.prod([shape_a[k] for k in over_a]))
    left = np.reshape(np.transpose(a, (*free_a, *over_a)), (int(np.prod(rows)), n))
    right = np.reshape(np.transpose(b, (*over_b, *free_b)), (n, int(np.prod(columns))))
    return np.reshape(matmul(left, right), (*rows, *columns))


@implements("kron")
def kron(a: Any, b: Any) -> Any:
    """Return the Kronecker product."""
    ndim = max(np.ndim(a), np.ndim(b))
    sizes_a = (1,) * (ndim - np.ndim(a)) + np.shape(a)
    sizes_b = (1,) * (ndim - np.ndim(b)) + np.shape(b)
    left = np.reshape(a, tuple(n for size in sizes_a for n in (size, 1)))
    right = np.reshape(b, tuple(n for size in sizes_b for n in (1, size)))
    return np.reshape(left * right, tuple(m * n for m, n in zip(sizes_a, sizes_b, strict=True)))


@implements("cross", "linalg.cross")
def cross(a: Any, b: Any, axisa: Any = -1, axisb: Any = -1, axisc: Any = -1, axis: Any = None) -> Any:
    """Return the vector products of vectors with three elements."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    if np.shape(a)[-1] != 3 or np.shape(b)[-1] != 3:
        raise GradientError("np.cross of traced arrays takes vectors of three elements")
    y = [a[..., i] * b[..., j] - a[..., j] * b[..., i] for i, j in ((1, 2), (2, 0), (0, 1))]
    return np.moveaxis(np.stack(y, -1), -1, axisc)


def _vecdot(a: Any, b: Any) -> Any:
    return np.sum(np.multiply(a, b), axis=-1)


def _matvec(a: Any, b: Any) -> Any:
    return np.squeeze(_matmul(a, np.expand_dims(b, -1)), -1)


def _vecmat(a: Any, b: Any) -> Any:
    return np.squeeze(_matmul(np.expand_dims(a, -2), b), -2)


for name, function in (("vecdot", _vecdot), ("matvec", _matvec), ("vecmat", _vecmat)):
    ufunc = getattr(np, name, None)  # newer numpy has them
    if ufunc is not None:
        UFUNCS[ufunc] = function


@implements("linalg.matmul")
def linalg_matmul(x1: Any, x2: Any, /) -> Any:
    """Return products of matrices."""
    return matmul(x1, x2)


@implements("linalg.vecdot")
def linalg_vecdot(x1: Any, x2: Any, /, *, axis: Any = -1) -> Any:
    """Return the product of vectors along an axis."""
    return np.sum(np.multiply(x1, x2), axis=axis)


@implements("linalg.multi_dot")
def multi_dot(arrays: Any, *, out: Any = None) -> Any:
    """Return the product of several matrices."""
    y = arrays[0]
    for a in arrays[1:]:
        y = dot(y, a, out)
    return y


def _outer_of(ufunc: Any) -> Any:
    def method(a: Any, b: Any, **options: Any) -> Any:
        return ufunc(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b, **options)

    return method


METHODS.update({(ufunc, "outer"): _outer_of(ufunc) for ufunc in TWO})
