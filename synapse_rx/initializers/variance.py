"""Draw with a wanted standard deviation."""

from __future__ import annotations

import numpy as np

from ..options import one_of
from ..typing import Array, Shape

a_distribution = one_of("uniform", "normal")


def draw(rng: np.random.Generator, shape: Shape, std: float, distribution: str) -> Array:
    """Return numbers of mean 0 and standard deviation ``std``; uniform ones lie within sqrt(3) std."""
    if distribution == "normal":
        return rng.standard_normal(shape) * std
    limit = std * 3**0.5
    return rng.uniform(-limit, limit, shape)
