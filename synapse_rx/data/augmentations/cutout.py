"""Hide a part of each image."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from ...options import count, finite, number
from .base import Augmentation, as_images, check_size, to_size


@frozen
class Cutout(Augmentation):
    """
    Hide a square at a random place of each image (DeVries & Taylor, 2017).

    Its centre is any pixel, so parts of it may lie outside.

    Args:
        side: Of the square, in pixels.
        fill: What it is filled with, in the samples' own units.
        size: (height, width) of flat samples; None for images.
    """

    side: int = field(default=8, validator=count)
    fill: float = field(default=0.0, converter=number, validator=finite)
    size: tuple[int, int] | None = field(default=None, converter=to_size, validator=check_size)

    def __call__(self, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        images = as_images(x, self.size, self.kind).copy()
        n, _, height, width = images.shape
        top, left = rng.integers(0, (height, width), (n, 2)).T - self.side // 2
        hidden = self._between(top, height)[:, None, :, None] & self._between(left, width)[:, None, None, :]
        np.copyto(images, np.asarray(self.fill).astype(x.dtype), where=hidden)
        return images.reshape(x.shape)

    def _between(self, first: np.ndarray, length: int) -> np.ndarray:
        at = np.arange(length)
        return (at >= first[:, None]) & (at < first[:, None] + self.side)
