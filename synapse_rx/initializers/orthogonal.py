"""The initialiser that keeps lengths and angles."""

from __future__ import annotations

import math

import numpy as np
from attrs import field, frozen

from ..options import non_negative, number
from ..typing import Array, Shape
from .base import Initializer


@frozen
class Orthogonal(Initializer):
    """
    A random matrix with orthonormal rows or columns, whichever are fewer, times ``gain`` (Saxe et al., 2014).

    Parameters with more than two axes are taken as a matrix that keeps the axis of the outputs apart: the first or
    the last one, whichever leaves ``fan_in`` elements to the others.

    Args:
        gain: Multiplies every weight, >= 0.
    """

    gain: float = field(default=1.0, converter=number, validator=non_negative)

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        rows, columns = _matrix(shape, fan_in)
        tall = rng.standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(tall)
        # Only with r's diagonal positive is q uniform over all such matrices (Mezzadri, 2007, section 5).
        q *= np.where(np.diagonal(r) < 0, -self.gain, self.gain)
        return np.ascontiguousarray(q if rows >= columns else q.T).reshape(shape)


def _matrix(shape: Shape, fan_in: int) -> tuple[int, int]:
    if len(shape) < 2:
        return math.prod(shape), 1
    if math.prod(shape[1:]) != fan_in and math.prod(shape[:-1]) == fan_in:
        return fan_in, shape[-1]
    return shape[0], math.prod(shape[1:])
