"""The arithmetic of gates, in place, and how gathered weights are drawn."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from ...initializers import Initializer
from ...scratch import Scratch
from ...typing import Array, Shape


def sigmoid(a: Array, s: Scratch) -> None:
    """
    Turn logits into 1 / (1 + exp(-a)), in place.

    As ``(1 + tanh(a / 2)) / 2``, which numpy computes in half the time. Far in the lower tail it is 0 instead of a
    tiny number, which matters to a probability but not to a gate.
    """
    s.xp.multiply(a, 0.5, out=a)
    s.xp.tanh(a, out=a)
    s.xp.multiply(a, 0.5, out=a)
    s.xp.add(a, 0.5, out=a)


def sigmoid_backward(d: Array, a: Array, spare: Array, s: Scratch) -> None:
    """Turn the gradient of gates ``a`` into that of their logits, in place: ``d a (1 - a)``."""
    s.xp.subtract(1.0, a, out=spare)
    s.xp.multiply(spare, a, out=spare)
    s.xp.multiply(d, spare, out=d)


def tanh_backward(d: Array, a: Array, spare: Array, s: Scratch) -> None:
    """Turn the gradient of ``a = tanh(z)`` into that of z, in place: ``d (1 - a^2)``."""
    s.xp.multiply(a, a, out=spare)
    s.xp.subtract(1.0, spare, out=spare)
    s.xp.multiply(d, spare, out=d)


@frozen
class PerBlock:
    """
    Draw a parameter that gathers several along its last axis, each as if it stood alone.

    Args:
        initializers: How each block is drawn, in order; their number divides the last axis.
    """

    initializers: tuple[Initializer, ...]

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        """Return a new float64 array of ``shape``."""
        block = (*shape[:-1], shape[-1] // len(self.initializers))
        return np.concatenate([each.draw(rng, block, fan_in, fan_out) for each in self.initializers], axis=-1)
