"""Batch normalisation of channels by compiled kernels (`batch_norm_kernel`)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ... import crew, fast
from ...scratch import Scratch
from ...typing import Array, Shape
from ..contiguous import owned

Follow = Callable[[Array, Array, int, Scratch], None]
"""Lets running means and variances follow those of a batch of so many values; may write to both."""

LEAST = 8
"""The largest batch of a program below which kernels are not worth their compilation."""


class BatchNormStep:
    """
    Normalisation by the batch, with scale and shift, and the rectification that may follow (`Step`).

    Args:
        epsilon: Added to the variance.
        rectified: Whether what is below 0 becomes 0.
        follow: What is done with means and variances.
        s: The memory.
    """

    def __init__(self, epsilon: float, rectified: bool, follow: Follow, s: Scratch) -> None:
        fast.load()
        from . import batch_norm_kernel

        self._kernel = batch_norm_kernel
        self._rectified, self._follow = rectified, follow
        self._epsilon = s.filled("epsilon", (1,), epsilon)

    def forward(self, x: Array, s: Scratch) -> Array:
        """Return the outputs for ``x`` (N, channels, ...), in a buffer."""
        y = s.array("y", x.shape[1:])
        mean, variance, deviation = self._measures(x, s)
        given, out = _three(owned(x, "x", s)), _three(y)

        def part(hand: int, first: int, last: int) -> None:
            self._kernel.forward(
                given, out, mean, variance, deviation, s.params["scale"], s.params["shift"], self._epsilon,
                self._rectified, first, last,
            )  # fmt: skip

        crew.share(x.shape[1], crew.threads(), part)
        middle = s.fixed("mean followed", mean.shape)
        s.xp.copyto(middle, mean)
        self._follow(middle, variance, x.size // len(mean), s)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        """Write the gradients that are wanted, given that of the outputs; return that of ``x``."""
        dx = s.array("dx", x.shape[1:]) if s.needs_dx else y
        mean, _, deviation = self._measures(x, s)
        along, total = (s.fixed(name, mean.shape) for name in ("along channels", "totals"))
        given, outputs, gradients, out = (
            _three(array) for array in (owned(x, "x", s), y, owned(dy, "dy", s), dx)
        )

        def part(hand: int, first: int, last: int) -> None:
            self._kernel.backward(
                given, outputs, gradients, out, mean, deviation, s.params["scale"], along, total,
                self._rectified, s.needs_dx, first, last,
            )  # fmt: skip

        crew.share(x.shape[1], crew.threads(), part)
        if s.learns:
            s.grads["scale"][...] = along
            s.grads["shift"][...] = total
        return dx if s.needs_dx else None

    def _measures(self, x: Array, s: Scratch) -> Any:
        return (s.fixed(name, x.shape[1:2]) for name in ("mean of channels", "variances", "deviations"))


def suits(shape: Shape, s: Scratch) -> bool:
    """Return whether training normalises samples of this shape by kernels; the answer for a program never changes."""
    host = s.xp.__name__ == "numpy" and fast.why_not() is None
    # One number of a channel has no variance.
    return host and s.training and not s.frozen and math.prod(shape[1:]) > 1 and s.capacity >= LEAST


def _three(x: Array) -> Array:
    return x.reshape(*x.shape[:2], -1)
