"""Batch normalisation of channels by compiled kernels: of the CPU (`batch_norm_kernel`), or of a device."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from ... import crew, fast
from ...backends.cuda import BatchNormKernels
from ...scratch import Scratch
from ...typing import Array, Shape
from ..contiguous import contiguous, owned

Follow = Callable[[Array, Array, int, Scratch], None]
"""Lets running means and variances follow those of a batch of so many values; may write to both."""

LEAST = 8
"""The largest batch of a program below which kernels are not worth their compilation."""


class BatchNormStep(ABC):
    """
    Normalisation by the batch, with scale and shift, and the rectification that may follow (`Step`).

    Args:
        epsilon: Added to the variance.
        rectified: Whether what is below 0 becomes 0.
        follow: What is done with means and variances.
        s: The memory.
    """

    def __init__(self, epsilon: float, rectified: bool, follow: Follow, s: Scratch) -> None:
        self.epsilon, self.rectified = epsilon, rectified
        self._follow = follow

    def forward(self, x: Array, s: Scratch) -> Array:
        """Return the outputs for ``x`` (N, channels, ...), in a buffer."""
        y = s.array("y", x.shape[1:])
        mean, variance, deviation = self._measures(x, s)
        self.normalize(_three(self.piece(x, "x", s)), _three(y), mean, variance, deviation, s)
        middle = s.fixed("mean followed", mean.shape)
        s.xp.copyto(middle, mean)
        self._follow(middle, variance, x.size // len(mean), s)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        """Write the gradients that are wanted, given that of the outputs; return that of ``x``."""
        dx = s.array("dx", x.shape[1:]) if s.needs_dx else y
        mean, _, deviation = self._measures(x, s)
        along, total = (s.fixed(name, mean.shape) for name in ("along channels", "totals"))
        given, gradients = _three(self.piece(x, "x", s)), _three(self.piece(dy, "dy", s))
        self.pass_back(given, _three(y), gradients, _three(dx), mean, deviation, along, total, s)
        if s.learns:
            s.grads["scale"][...] = along
            s.grads["shift"][...] = total
        return dx if s.needs_dx else None

    @abstractmethod
    def piece(self, x: Array, name: str, s: Scratch) -> Array:
        """Return an array as the kernels can read it, which may be itself."""

    @abstractmethod
    def normalize(
        self, x: Array, y: Array, mean: Array, variance: Array, deviation: Array, s: Scratch
    ) -> None:
        """Write y, and mean, variance and 1 / sqrt(variance + epsilon) of the channels of x (N, channels, places)."""

    @abstractmethod
    def pass_back(
        self,
        x: Array,
        y: Array,
        dy: Array,
        dx: Array,
        mean: Array,
        deviation: Array,
        along: Array,
        total: Array,
        s: Scratch,
    ) -> None:
        """Write the gradients of scale and shift into ``along`` and ``total``, and that of x if it is needed."""

    def _measures(self, x: Array, s: Scratch) -> Any:
        return (s.fixed(name, x.shape[1:2]) for name in ("mean of channels", "variances", "deviations"))


class OnHost(BatchNormStep):
    """By machine code of the CPU, channels shared among threads."""

    def __init__(self, epsilon: float, rectified: bool, follow: Follow, s: Scratch) -> None:
        super().__init__(epsilon, rectified, follow, s)
        fast.load()
        from . import batch_norm_kernel

        self._kernel = batch_norm_kernel
        self._epsilon = s.filled("epsilon", (1,), epsilon)

    def piece(self, x: Array, name: str, s: Scratch) -> Array:
        return owned(x, name, s)

    def normalize(
        self, x: Array, y: Array, mean: Array, variance: Array, deviation: Array, s: Scratch
    ) -> None:
        def part(hand: int, first: int, last: int) -> None:
            self._kernel.forward(
                x, y, mean, variance, deviation, s.params["scale"], s.params["shift"], self._epsilon, self.rectified,
                first, last,
            )  # fmt: skip

        crew.share(x.shape[1], crew.threads(), part)

    def pass_back(
        self,
        x: Array,
        y: Array,
        dy: Array,
        dx: Array,
        mean: Array,
        deviation: Array,
        along: Array,
        total: Array,
        s: Scratch,
    ) -> None:
        def part(hand: int, first: int, last: int) -> None:
            self._kernel.backward(
                x, y, dy, dx, mean, deviation, s.params["scale"], along, total, self.rectified, s.needs_dx,
                first, last,
            )  # fmt: skip

        crew.share(x.shape[1], crew.threads(), part)


class OnDevice(BatchNormStep):
    """By kernels of a device."""

    def __init__(self, epsilon: float, rectified: bool, follow: Follow, s: Scratch) -> None:
        super().__init__(epsilon, rectified, follow, s)
        kernels = s.fused(BatchNormKernels)
        assert kernels is not None
        self._kernels = kernels

    def piece(self, x: Array, name: str, s: Scratch) -> Array:
        return contiguous(x, f"{name} in one piece", s)

    def normalize(
        self, x: Array, y: Array, mean: Array, variance: Array, deviation: Array, s: Scratch
    ) -> None:
        given = x, y, mean, variance, deviation, s.params["scale"], s.params["shift"]
        self._kernels.forward(*given, self.epsilon, self.rectified)

    def pass_back(
        self,
        x: Array,
        y: Array,
        dy: Array,
        dx: Array,
        mean: Array,
        deviation: Array,
        along: Array,
        total: Array,
        s: Scratch,
    ) -> None:
        given = x, y, dy, dx, mean, deviation, s.params["scale"], along, total
        self._kernels.backward(*given, self.rectified, s.needs_dx)


def batch_norm_step(shape: Shape, s: Scratch) -> type[BatchNormStep] | None:
    """
    Return what normalises samples of this shape by kernels in training; None where array functions have to.

    The answer for a program never changes.
    """
    # One number of a channel has no variance.
    if not s.training or s.frozen or math.prod(shape[1:]) <= 1:
        return None
    if s.fused(BatchNormKernels) is not None:
        return OnDevice
    host = s.xp.__name__ == "numpy" and fast.why_not() is None
    return OnHost if host and s.capacity >= LEAST else None


def _three(x: Array) -> Array:
    return x.reshape(*x.shape[:2], -1)
