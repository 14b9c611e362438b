"""The hard limiter of neuron graphs."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ..activations import Activation
from ..scratch import Scratch
from ..typing import Array


@frozen
class HardLimiter(Activation):
    """
    The hard limiter, ``y = 1 if z > 0 else 0``, whose derivative counts as 1.

    The true derivative is 0 everywhere, and nothing could be learnt before such a unit. Passing the gradient straight
    through is what JavaScript Synaptic's HLIM does (Hinton, 2012, lecture 9c; Bengio et al., 2013, section 4). Unlike
    `BinaryThreshold` it is 0 at 0. NaN stays NaN.
    """

    aliases: ClassVar[tuple[str, ...]] = ("hlim",)
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    exact: ClassVar[bool] = False

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        s.xp.sign(z, out=y)
        s.xp.maximum(y, 0.0, out=y)

    def backward(self, z: Array, y: Array, dy: Array, dz: Array, s: Scratch) -> None:
        s.xp.copyto(dz, dy)
