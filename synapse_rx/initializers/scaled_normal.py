"""The initialiser of Clojure's Synaptic."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from attrs import frozen

from ..typing import Array, Shape
from .base import Initializer


@frozen
class ScaledNormal(Initializer):
    """
    Normal with standard deviation ``1 / fan_in``; also known as "synaptic", after the library that starts like this.

    That is 1/fan_in and not its root: small for large layers, fit for thresholds and stochastic units.
    """

    aliases: ClassVar[tuple[str, ...]] = ("synaptic",)

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        return rng.standard_normal(shape) / fan_in
