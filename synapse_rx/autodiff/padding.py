"""Arrays with more around them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import GradientError
from .primitive import Primitive
from .tables import implements

_pad = Primitive(
    lambda x, widths, values: np.pad(x, widths, constant_values=values),
    lambda g, y, x, widths, values: g[
        tuple(slice(a, a + n) for (a, _), n in zip(widths, x.shape, strict=True))
    ],
)


@implements("pad")
def pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    """Return an array with a constant, its edge, its mirror image or its other end around it."""
    if isinstance(pad_width, dict):
        pad_width = [pad_width.get(k, pad_width.get(k - array.ndim, 0)) for k in range(array.ndim)]
        pad_width = [(w, w) if np.ndim(w) == 0 else w for w in pad_width]
    widths = tuple(map(tuple, np.broadcast_to(np.asarray(pad_width), (array.ndim, 2)).tolist()))
    if mode == "constant":
        return _pad(array, widths=widths, values=options.get("constant_values", 0))
    if mode not in ("edge", "reflect", "symmetric", "wrap") or options.get("reflect_type", "even") != "even":
        raise GradientError(
            f"np.pad of a traced array takes the modes constant, edge, reflect, symmetric and wrap, not {mode!r}"
        )
    for axis, width in enumerate(widths):
        if any(width):
            array = np.take(array, np.pad(np.arange(array.shape[axis]), width, mode=mode), axis=axis)
    return array
