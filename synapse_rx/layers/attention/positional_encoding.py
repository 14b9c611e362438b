"""Positions of steps as waves."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from ...errors import ShapeError
from ...options import number, positive
from ...scratch import Scratch
from ...typing import Array, Shape
from ..base import Layer


@frozen
class PositionalEncoding(Layer):
    """
    Add to every step what tells its position, ``y = x + P`` (Vaswani et al., 2017, section 3.5).

    ``P[t, 2i] = sin(t / longest^(2i / features))``, ``P[t, 2i + 1] = cos(t / longest^(2i / features))``, with t from 0.

    Args:
        longest: The longest wave is 2 pi times as many steps long, > 0.

    Shapes:
        x and y (N, T, features)

    Raises:
        ShapeError: If samples are no sequences (steps, features).
    """

    longest: float = field(default=10_000.0, converter=number, validator=positive)

    def out_shape(self, in_shape: Shape) -> Shape:
        if len(in_shape) != 2:
            raise ShapeError(
                f"PositionalEncoding takes samples (steps, features), such as (28, 28), not {in_shape}"
            )
        return in_shape

    def forward(self, x: Array, s: Scratch) -> Array:
        y = s.array("y", x.shape[1:])
        s.xp.add(x, s.once("waves", lambda: self._waves(x.shape[1:], s)), out=y)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        return dy if s.needs_dx else None

    def _waves(self, shape: Shape, s: Scratch) -> Array:
        waves = s.fixed("P", shape)
        waves[...] = s.xp.asarray(positions(shape[0], shape[1], self.longest))
        return waves


def positions(steps: int, features: int, longest: float = 10_000.0) -> Array:
    """Return P (steps, features) on the host, in float64."""
    pair = np.arange(features) // 2 * 2
    angle = np.arange(steps)[:, None] / longest ** (pair / features)
    return np.where(np.arange(features) % 2, np.cos(angle), np.sin(angle))
