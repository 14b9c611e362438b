"""Dropout with Gaussian noise."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from ...typing import Array
from .noise import Noise


@frozen
class GaussianDropout(Noise):
    """
    Multiplication by normal noise, ``y = x m`` with m of mean 1 and variance ``rate / (1 - rate)``.

    Mean and variance are those of `Dropout` of the same rate (Srivastava et al., 2014, section 10). In training alone;
    in use, and where it is frozen, y is x. Cortex's multiplicative dropout of variance v is the rate ``v / (1 + v)``.

    Args:
        rate: The rate of the dropout it stands for, in [0, 1).

    Shapes:
        x and y (N, *in_shape)
    """

    def draw(self, noise: Array, rng: Any, xp: Any) -> None:
        rng.standard_normal(noise.shape, dtype=noise.dtype, out=noise)
        xp.multiply(noise, (self.rate / (1 - self.rate)) ** 0.5, out=noise)
        xp.add(noise, 1.0, out=noise)
