"""Choices between arrays, element by element."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from ..errors import GradientError
from .primitive import Elementwise
from .tables import FUNCTIONS, implements
from .traced import concrete

_where = Elementwise(
    np.where,
    None,
    lambda g, y, condition, a, b: np.where(condition, g, 0),
    lambda g, y, condition, a, b: np.where(condition, 0, g),
)


@implements("where")
def where(condition: Any, *choices: Any) -> Any:
    """Return elements of the first array where the condition holds, of the second elsewhere."""
    plain = concrete(condition)
    return _where(plain, *choices) if choices else np.where(plain)


@implements("clip")
def clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, **options: Any) -> Any:
    """Return an array kept between two bounds; at a bound, half of the gradient is passed."""
    low, high = options.pop("min", a_min), options.pop("max", a_max)
    if out is not None or options:
        raise GradientError("np.clip of a traced array takes bounds alone")
    y = a if low is None else np.maximum(a, low)
    return y if high is None else np.minimum(y, high)


@implements("select")
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """Return elements of the first choice whose condition holds."""
    pairs = zip(reversed(condlist), reversed(choicelist), strict=True)
    return reduce(lambda rest, pair: where(pair[0], pair[1], rest), pairs, default)


@implements("nan_to_num")
def nan_to_num(x: Any, copy: Any = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """Return an array without NaN and infinities, which pass no gradient."""
    kept = np.isfinite(x)
    return where(kept, x, np.nan_to_num(concrete(x), nan=nan, posinf=posinf, neginf=neginf))


@implements("real", "copy", "ascontiguousarray", "asfortranarray", "real_if_close")
def itself(a: Any, *args: Any, **options: Any) -> Any:
    """Return the array: it is real, and nobody can change it."""
    return a


_astype = Elementwise(lambda x, dtype: x.astype(dtype), lambda g, y, x, dtype: g)


def astype(x: Any, dtype: Any, **options: Any) -> Any:
    """Return an array as another type."""
    return _astype(x, dtype=np.dtype(dtype))


implements("astype")(astype)
FUNCTIONS["astype"] = astype
