"""The contract of a weight initialiser."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from ..described import Described
from ..typing import Array, Shape


class Initializer(Described, ABC):
    """
    Draws the first value of one parameter, on the host and in float64, so that one seed gives one network everywhere.

    Implementations are frozen attrs classes.
    """

    @abstractmethod
    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        """Return a new float64 array of ``shape``."""
