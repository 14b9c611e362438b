"""Where samples enter a network."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from attrs import field, frozen

from ..data.options import check_count
from ..described import Described
from ..errors import ShapeError
from ..typing import Shape


def _shape(value: Any) -> Shape:
    try:
        shape = tuple(check_count("size", size, 1) for size in np.atleast_1d(value).tolist())
    except (TypeError, ValueError):
        shape = ()
    if not shape:
        raise ShapeError(f"an input shape is one or more whole numbers >= 1, not {value!r}")
    return shape


@frozen
class Input(Described):
    """
    The shape of one sample: ``Input(64)``, ``Input((1, 28, 28))``.

    Raises:
        ShapeError: If a size is not a positive whole number.
    """

    shape: Shape = field(converter=_shape)

    @property
    def size(self) -> int:
        """Numbers in one sample."""
        return math.prod(self.shape)
