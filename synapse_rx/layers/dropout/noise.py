"""Layers that multiply by noise in training."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from attrs import field, frozen

from ...options import fraction, number
from ...scratch import Scratch
from ...typing import Array, Shape
from ..base import Layer


@frozen
class Noise(Layer):
    """
    What layers share that multiply by noise of mean 1 in training and pass everything on unchanged otherwise.

    The noise is drawn once for each forward pass, and the gradient is multiplied by the same. A frozen layer stays as
    it is, so it makes no noise.

    Args:
        rate: How much noise, in [0, 1); its variance is ``rate / (1 - rate)``.
    """

    rate: float = field(default=0.5, converter=number, validator=fraction)

    def out_shape(self, in_shape: Shape) -> Shape:
        return in_shape

    def forward(self, x: Array, s: Scratch) -> Array:
        if not self._active(s):
            return x
        noise, y = s.array("noise", self.noise_shape(x.shape[1:])), s.array("y", x.shape[1:])
        self.make(x, noise, y, s)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        if not s.needs_dx or not self._active(s):
            return dy if s.needs_dx else None
        dx = s.array("dx", x.shape[1:])
        s.xp.multiply(dy, s.array("noise", self.noise_shape(x.shape[1:])), out=dx)
        return dx

    def make(self, x: Array, noise: Array, y: Array, s: Scratch) -> None:
        """Draw ``noise``, and multiply ``x`` by it."""
        self.draw(noise, s.rng, s.xp)
        s.xp.multiply(x, noise, out=y)

    def noise_shape(self, in_shape: Shape) -> Shape:
        """Return the shape of the noise for one sample, with 1 where one number counts for a whole axis."""
        return in_shape

    @abstractmethod
    def draw(self, noise: Array, rng: Any, xp: Any) -> None:
        """Fill ``noise``."""

    def _active(self, s: Scratch) -> bool:
        return s.training and not s.frozen and self.rate > 0


def draw_kept(noise: Array, rate: float, rng: Any, xp: Any) -> None:
    """Fill ``noise`` with 0 with probability ``rate``, else ``1 / (1 - rate)``."""
    rng.random(noise.shape, dtype=noise.dtype, out=noise)
    xp.less(noise, 1 - rate, out=noise)
    xp.multiply(noise, 1 / (1 - rate), out=noise)
