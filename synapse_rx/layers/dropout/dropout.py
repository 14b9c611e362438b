"""Dropout."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from ...backends.counter import CounterGenerator
from ...backends.cuda import DropoutKernel
from ...scratch import Scratch
from ...typing import Array
from .noise import Noise, draw_kept


@frozen
class Dropout(Noise):
    """
    Dropout, ``y = x m`` with m = 0 with probability ``rate``, else ``1 / (1 - rate)`` (Srivastava et al., 2014).

    In training alone; in use, and where it is frozen, y is x.

    Args:
        rate: The share of inputs that is dropped, in [0, 1). Cortex's dropout says the share that is kept.

    Shapes:
        x and y (N, *in_shape)
    """

    def make(self, x: Array, noise: Array, y: Array, s: Scratch) -> None:
        fused = s.fused(DropoutKernel)
        if fused is None or not isinstance(s.rng, CounterGenerator) or not x.flags.c_contiguous:
            super().make(x, noise, y, s)
        else:
            fused(x, noise, y, self.rate, s.rng)

    def draw(self, noise: Array, rng: Any, xp: Any) -> None:
        draw_kept(noise, self.rate, rng, xp)
