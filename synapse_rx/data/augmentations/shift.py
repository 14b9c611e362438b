"""Move images about."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen
from numpy.lib.stride_tricks import sliding_window_view

from ...options import count, finite, number
from .base import Augmentation, as_images, check_size, to_size


@frozen
class Shift(Augmentation):
    """
    Move each image by some whole pixels in both directions, at most ``pixels``, all distances alike.

    Args:
        pixels: The furthest.
        fill: What comes in at the edges, in the samples' own units.
        size: (height, width) of flat samples; None for images.
    """

    pixels: int = field(default=2, validator=count)
    fill: float = field(default=0.0, converter=number, validator=finite)
    size: tuple[int, int] | None = field(default=None, converter=to_size, validator=check_size)

    def __call__(self, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        images, most = as_images(x, self.size, self.kind), self.pixels
        size = images.shape[-2:]
        around = ((0, 0), (0, 0), (most, most), (most, most))
        padded = np.pad(images, around, constant_values=np.asarray(self.fill).astype(x.dtype))
        down, right = rng.integers(0, 2 * most + 1, (2, len(x)))
        windows = sliding_window_view(padded, size, axis=(2, 3))
        return windows[np.arange(len(x)), :, down, right].reshape(x.shape)
