"""Mirror images."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from ...options import number, one_of, unit
from .base import Augmentation, as_images, check_size, to_size


@frozen
class Flip(Augmentation):
    """
    Mirror each image with a chance.

    Args:
        axis: "horizontal" puts left on the right, "vertical" top to bottom.
        chance: That an image is mirrored.
        size: (height, width) of flat samples; None for images.
    """

    axis: str = field(default="horizontal", validator=one_of("horizontal", "vertical"))
    chance: float = field(default=0.5, converter=number, validator=unit)
    size: tuple[int, int] | None = field(default=None, converter=to_size, validator=check_size)

    def __call__(self, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        images = as_images(x, self.size, self.kind)
        mirrored = images[..., ::-1] if self.axis == "horizontal" else images[..., ::-1, :]
        chosen = rng.random(len(x)) < self.chance
        return np.where(chosen[:, None, None, None], mirrored, images).reshape(x.shape)
