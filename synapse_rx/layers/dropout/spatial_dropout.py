"""Dropout of whole channels."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from ...errors import ShapeError
from ...typing import Array, Shape
from .noise import Noise, draw_kept


@frozen
class SpatialDropout(Noise):
    """
    Dropout of whole channels, for images whose neighbouring places say the same (Tompson et al., 2015, section 3.2).

    PyTorch calls it Dropout2d.

    Args:
        rate: The share of channels that is dropped, in [0, 1); the others are multiplied by ``1 / (1 - rate)``.

    Shapes:
        x and y (N, C, *spatial)

    Raises:
        ShapeError: If samples are not (C, *spatial).
    """

    def out_shape(self, in_shape: Shape) -> Shape:
        if len(in_shape) < 2:
            raise ShapeError(
                f"spatial_dropout drops whole channels of samples (C, *spatial), not of {in_shape}; "
                "take dropout for single numbers"
            )
        return in_shape

    def noise_shape(self, in_shape: Shape) -> Shape:
        return (in_shape[0], *(1 for _ in in_shape[1:]))

    def draw(self, noise: Array, rng: Any, xp: Any) -> None:
        draw_kept(noise, self.rate, rng, xp)
