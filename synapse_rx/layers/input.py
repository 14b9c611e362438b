"""Where samples enter a network."""

from __future__ import annotations

import math
from typing import Any

from attrs import field, frozen

from ..described import Described
from ..errors import ShapeError
from ..typing import Shape


def _shape(value: Any) -> Shape:
    sizes = (value,) if isinstance(value, int) else value
    try:
        shape = tuple(int(size) for size in sizes)
    except (TypeError, ValueError):
        raise ShapeError(f"an input shape is a positive number or a tuple of them, not {value!r}") from None
    if not shape or any(size < 1 or size != given for size, given in zip(shape, sizes, strict=True)):
        raise ShapeError(f"an input shape has positive whole sizes only, not {value!r}")
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
