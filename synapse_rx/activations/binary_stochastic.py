"""The stochastic binary unit."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ..scratch import Scratch
from ..typing import Array
from .base import Activation
from .sigmoid import logistic


@frozen
class BinaryStochastic(Activation):
    """
    The stochastic binary unit of Boltzmann machines, ``y = 1`` with probability ``1 / (1 + exp(-z))``, else 0.

    Draws in training and in inference alike, from ``s.rng``.
    """

    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    differentiable: ClassVar[bool] = False
    stochastic: ClassVar[bool] = True
    initializer: ClassVar[str] = "scaled_normal"

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        u = s.array("uniform", z.shape[1:])
        s.rng.random(u.shape, dtype=u.dtype, out=u)
        logistic(z, y, s)
        # 1 where u < p: the difference of two floats has the right sign, and NaN stays NaN.
        s.xp.subtract(y, u, out=y)
        s.xp.sign(y, out=y)
        s.xp.maximum(y, 0.0, out=y)
