"""Where samples enter a network."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import field, frozen

from ..data.options import check_count
from ..described import Described
from ..errors import ShapeError
from ..typing import Shape, Shapes
from .several import each, sizes


def _shapes(value: Any) -> Shapes:
    several = isinstance(value, (tuple, list)) and len(value) > 0
    if several and all(isinstance(shape, (tuple, list)) for shape in value):
        return tuple(_shape(shape) for shape in value)
    return _shape(value)


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

    Several inputs are a list of shapes, ``Input([(64,), (1, 28, 28)])``: the first layer is given several values then.

    Raises:
        ShapeError: If a size is not a positive whole number.
    """

    shape: Shapes = field(converter=_shapes)

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shape of each input; of one alone as well."""
        return each(self.shape)

    @property
    def size(self) -> int:
        """Numbers in one sample, of all inputs together."""
        return sum(sizes(self.shape))
