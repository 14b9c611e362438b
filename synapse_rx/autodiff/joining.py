"""Arrays put together and taken apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import GradientError
from ..typing import Array
from .making import array
from .primitive import Joint
from .reductions import axes_of
from .tables import INSTEAD, implements
from .traced import Traced


def _part(g: Array, y: Array, *arrays: Any, position: int, axis: int) -> Array:
    start = sum(a.shape[axis] for a in arrays[:position])
    stop = start + arrays[position].shape[axis]
    return g[(*(slice(None),) * axis, slice(start, stop))]


_concatenate = Joint(lambda *arrays, axis: np.concatenate(arrays, axis=axis), _part)


@implements("concatenate", "concat")
def concatenate(arrays: Any, axis: Any = 0, out: Any = None, dtype: Any = None, casting: Any = None) -> Any:
    """Return arrays one behind the other along an axis."""
    if out is not None:
        raise GradientError("np.concatenate of traced arrays takes no out=; leave it out")
    like = next(a for a in arrays if isinstance(a, Traced))
    parts = [array(a, like) for a in arrays]
    if axis is None:
        parts, axis = [np.ravel(a) for a in parts], 0
    (k,) = axes_of(axis, parts[0].ndim)
    y = _concatenate(*parts, axis=k)
    return y if dtype is None else y.astype(dtype)


@implements("stack")
def stack(arrays: Any, axis: Any = 0, out: Any = None, **options: Any) -> Any:
    """Return arrays side by side along a new axis."""
    parts = [np.expand_dims(a, axis) for a in arrays]
    (k,) = axes_of(axis, parts[0].ndim)
    return concatenate(parts, k, out, **options)


@implements("vstack", "row_stack")
def vstack(tup: Any, **options: Any) -> Any:
    """Return arrays below each other."""
    return concatenate([np.atleast_2d(a) for a in tup], 0, **options)


@implements("hstack")
def hstack(tup: Any, **options: Any) -> Any:
    """Return arrays beside each other."""
    parts = [np.atleast_1d(a) for a in tup]
    return concatenate(parts, 0 if parts[0].ndim == 1 else 1, **options)


@implements("dstack")
def dstack(tup: Any, **options: Any) -> Any:
    """Return arrays behind each other along the third axis."""
    return concatenate([np.atleast_3d(a) for a in tup], 2, **options)


@implements("column_stack")
def column_stack(tup: Any) -> Any:
    """Return arrays with one axis as the columns of a matrix."""
    return concatenate([a if np.ndim(a) > 1 else np.transpose(np.atleast_2d(a)) for a in tup], 1)


@implements("append")
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    """Return an array with another behind it."""
    return concatenate([arr, values], axis)


@implements("array_split")
def array_split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    """Return the parts of an array along an axis, as equal as may be."""
    (k,) = axes_of(axis, ary.ndim)
    n = ary.shape[k]
    if np.ndim(indices_or_sections):
        ends = [*map(int, indices_or_sections), n]
    else:
        sections = int(indices_or_sections)
        small, larger = divmod(n, sections)
        ends = np.cumsum([small + 1] * larger + [small] * (sections - larger)).tolist()
    head = (slice(None),) * k
    return [ary[(*head, slice(start, stop))] for start, stop in zip([0, *ends[:-1]], ends, strict=True)]


@implements("split")
def split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    """Return the parts of an array along an axis, all equal or cut at given places."""
    if np.ndim(indices_or_sections) == 0 and ary.shape[axis] % indices_or_sections:
        raise ValueError(f"{ary.shape[axis]} elements do not split into {indices_or_sections} equal parts")
    return array_split(ary, indices_or_sections, axis)


@implements("vsplit")
def vsplit(ary: Any, indices_or_sections: Any) -> Any:
    """Return the parts of an array along its first axis."""
    return split(ary, indices_or_sections, 0)


@implements("hsplit")
def hsplit(ary: Any, indices_or_sections: Any) -> Any:
    """Return the parts of an array along its second axis, or its only one."""
    return split(ary, indices_or_sections, 0 if ary.ndim == 1 else 1)


@implements("dsplit")
def dsplit(ary: Any, indices_or_sections: Any) -> Any:
    """Return the parts of an array along its third axis."""
    return split(ary, indices_or_sections, 2)


@implements("unstack")
def unstack(x: Any, /, *, axis: Any = 0) -> Any:
    """Return the parts of an array along an axis, without it."""
    return tuple(np.moveaxis(x, axis, 0))


INSTEAD["block"] = "use np.concatenate within np.concatenate"
INSTEAD["insert"] = INSTEAD["delete"] = "cut x into slices and put them together with np.concatenate"
