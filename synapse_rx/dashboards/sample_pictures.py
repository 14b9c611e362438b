"""One sample, for the eye: a picture if it is shaped like one, else its numbers."""

from __future__ import annotations

import math
from base64 import b64encode

import numpy as np

from ..subscribers.png import png
from ..typing import Array, Data, Shape

LEAST_SIDE = 8
"""Pixels of a picture in each direction at least; what is smaller is better read as numbers."""

MOST_SIDE = 96
"""Pixels of a picture that is sent; of a larger one every second, third, ... is."""

MOST_NUMBERS = 12
"""Numbers of a sample that are sent."""


def shown(sample: Array) -> dict[str, Data]:
    """
    Return ``image``, the address of a PNG with the data in it, or else ``values``, the first of ``size`` numbers.

    Shapes:
        sample (height, width), (1 or 3, height, width), or a vector of as many numbers as a square has pixels
    """
    shape = _picture_shape(sample.shape)
    if shape is None:
        values = [float(value) for value in sample.ravel()[:MOST_NUMBERS]]
        return {"image": None, "values": [*values], "size": int(sample.size)}
    pixels = sample.reshape(shape).astype(np.float64)
    step = -(-max(shape[1:]) // MOST_SIDE)
    pixels = pixels[:, ::step, ::step]
    low, high = pixels.min(), pixels.max()
    grey = np.round((pixels - low) * (255 / ((high - low) or 1))).astype(np.uint8)
    picture = png(grey[0] if len(grey) == 1 else grey.transpose(1, 2, 0))
    return {"image": f"data:image/png;base64,{b64encode(picture).decode()}", "values": None}


def _picture_shape(shape: Shape) -> Shape | None:
    """Return channels, height and width, or None if it is no picture."""
    if len(shape) == 1:
        side = math.isqrt(shape[0])
        shape = (side, side) if side * side == shape[0] else ()
    if len(shape) == 2:
        shape = (1, *shape)
    is_picture = len(shape) == 3 and shape[0] in (1, 3) and min(shape[1:]) >= LEAST_SIDE
    return shape if is_picture else None
