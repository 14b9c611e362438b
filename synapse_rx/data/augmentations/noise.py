"""Noise on samples."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from ...options import non_negative, number
from .base import Augmentation


@frozen
class Noise(Augmentation):
    """
    Add normal noise to every number.

    8-bit samples are rounded, and stay from 0 to 255.

    Args:
        deviation: Its standard deviation, in the samples' own units (grey levels for 8-bit images).
    """

    deviation: float = field(default=0.1, converter=number, validator=non_negative)

    def __call__(self, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        dtype = np.float64 if x.dtype == np.float64 else np.float32
        noisy = rng.standard_normal(x.shape, dtype)
        noisy *= self.deviation
        noisy += x
        if x.dtype != np.uint8:
            return noisy
        np.rint(noisy, out=noisy)
        return np.clip(noisy, 0, 255, out=noisy).astype(np.uint8)
