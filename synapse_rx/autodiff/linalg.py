"""Norms, inverses, determinants, solutions of equations."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import GradientError
from ..typing import Array
from .primitive import Primitive, unbroadcast
from .reductions import axes_of, kept_shape
from .tables import INSTEAD, implements
from .traced import concrete


def _length(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return np.sqrt(np.sum(x * x, axis=axes, keepdims=keepdims))


def _direction(g: Array, y: Array, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    """Return the gradient of a length: the unit vector, and 0 where the length is 0."""
    shape = kept_shape(x.shape, axes)
    y = np.reshape(y, shape)
    return np.reshape(g, shape) * x / np.where(y == 0, 1, y)


_euclidean = Primitive(_length, _direction)


@implements("linalg.norm")
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Any:
    """Return the norm of vectors (1, 2, inf, any p > 0) or the Frobenius norm of matrices."""
    if axis is None and (ord is None or x.ndim == 1):
        axes = tuple(range(x.ndim))
    else:
        axes = axes_of(axis, x.ndim)
    if ord is None or (ord == 2 and len(axes) == 1) or (ord == "fro" and len(axes) == 2):
        return _euclidean(x, axes=axes, keepdims=bool(keepdims))
    if len(axes) != 1 or not isinstance(ord, (int, float)) or ord <= 0:
        raise GradientError(
            f"np.linalg.norm of a traced array takes vector norms (ord > 0, one axis) and 'fro', not {ord!r} over "
            f"{len(axes)} axes; write the norm in sums, maxima and powers"
        )
    size = np.abs(x)
    if ord == np.inf:
        return np.max(size, axis=axes, keepdims=keepdims)
    if ord == 1:
        return np.sum(size, axis=axes, keepdims=keepdims)
    return np.sum(size**ord, axis=axes, keepdims=keepdims) ** (1 / ord)


@implements("linalg.vector_norm")
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: Any = False, ord: Any = 2) -> Any:
    """Return the norm of vectors."""
    if axis is None and ord == 2:
        return norm(x, keepdims=keepdims)
    return norm(np.ravel(x) if axis is None else x, ord, 0 if axis is None else axis, keepdims)


def _t(x: Array) -> Array:
    return np.swapaxes(x, -1, -2)


inv = Primitive(np.linalg.inv, lambda g, y, x: -np.matmul(np.matmul(_t(y), g), _t(y)))
implements("linalg.inv")(inv)

_solve = Primitive(
    np.linalg.solve,
    lambda g, y, a, b: unbroadcast(-np.matmul(np.linalg.solve(_t(a), g), _t(y)), a.shape),
    lambda g, y, a, b: unbroadcast(np.linalg.solve(_t(a), g), b.shape),
)


@implements("linalg.solve")
def solve(a: Any, b: Any) -> Any:
    """Return x with ``a x = b``."""
    if np.ndim(b) == 1:
        return np.squeeze(_solve(a, np.expand_dims(b, 1)), -1)
    return _solve(a, b)


def _outside(x: Array) -> Array:
    return np.expand_dims(np.expand_dims(x, -1), -1)


det = Primitive(np.linalg.det, lambda g, y, x: _outside(g * y) * _t(np.linalg.inv(x)))
implements("linalg.det")(det)

_logdet = Primitive(lambda x: np.linalg.slogdet(x)[1], lambda g, y, x: _outside(g) * _t(np.linalg.inv(x)))


@implements("linalg.slogdet")
def slogdet(a: Any) -> Any:
    """Return the sign and the logarithm of the size of a determinant."""
    signs = np.linalg.slogdet(concrete(a))
    return type(signs)(signs[0], _logdet(a)) if hasattr(signs, "_fields") else (signs[0], _logdet(a))


for name in (
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "svd",
    "svdvals",
    "qr",
    "cholesky",
    "pinv",
    "lstsq",
    "matrix_power",
):
    INSTEAD[f"linalg.{name}"] = "write it in terms of np.linalg.inv, solve, det or norm, or np.matmul"
