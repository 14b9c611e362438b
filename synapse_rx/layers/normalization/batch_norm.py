"""Batch normalisation."""

from __future__ import annotations

import math
from collections.abc import Sequence

from attrs import field, frozen

from ...activations import ReLU
from ...initializers import Constant, Zeros
from ...options import flag, number, one_of, positive, unit
from ...params import ParameterSpec
from ...scratch import Scratch
from ...typing import Array, Shape
from ..activation import Activation
from ..base import Layer, Step
from ..totals import totals
from .batch_norm_step import batch_norm_step


@frozen
class BatchNorm(Layer):
    """
    Batch normalisation, ``y = scale (x - mean) / sqrt(variance + epsilon) + shift`` (Ioffe & Szegedy, 2015).

    In training, mean and variance (divided by the number of values) are those of the batch, and running ones follow
    them, ``running <- (1 - momentum) running + momentum batch``, the variance divided by one less than the number of
    values. In use, and where the layer is frozen, the running ones take their place. They start from 0 and 1, are part
    of every snapshot (``net.kept``) and agree with PyTorch's.

    Where several processes learn a batch together, mean and variance are those of the whole batch.

    Of a single value there is no variance: a batch of one sample (or a last batch of one left over) with nothing else
    to average over is normalised with the running values and leaves them as they are.

    Args:
        per: Normalise each "channel" of (C, *spatial) over batch and places, or each "element" over the batch alone.
            For samples of one axis both are the same.
        momentum: The share of a batch in the running values, in [0, 1].
        epsilon: Added to the variance, > 0.
        affine: Learn scale and shift; otherwise they are 1 and 0.

    Shapes:
        x and y (N, *in_shape); scale, shift and the running mean and variance (C,) or in_shape
    """

    per: str = field(default="channel", validator=one_of("channel", "element"))
    momentum: float = field(default=0.1, converter=number, validator=unit)
    epsilon: float = field(default=1e-5, converter=number, validator=positive)
    affine: bool = field(default=True, validator=flag)

    def out_shape(self, in_shape: Shape) -> Shape:
        return in_shape

    def specs(self, in_shape: Shape) -> tuple[ParameterSpec, ...]:
        if not self.affine:
            return ()
        shape = self._own(in_shape)
        return (
            ParameterSpec("scale", shape, Constant(1.0), regularized=False),
            ParameterSpec("shift", shape, Zeros(), regularized=False),
        )

    def keeps(self, in_shape: Shape) -> tuple[ParameterSpec, ...]:
        shape = self._own(in_shape)
        return ParameterSpec("mean", shape, Zeros()), ParameterSpec("variance", shape, Constant(1.0))

    def multiply_adds(self, in_shape: Shape) -> int:
        return math.prod(in_shape)

    def joined(self, behind: Sequence[Layer], in_shape: Shape, s: Scratch) -> tuple[Step, int]:
        if s.joint is not None:
            return self, 0  # kernels would have to stop half way, for the sums of the other processes
        rectified = bool(behind) and behind[0] == Activation(ReLU())
        step = batch_norm_step(in_shape, s) if self.affine and self.per == "channel" else None
        if step is None:
            return self, 0
        return step(self.epsilon, rectified, self._follow, s), int(rectified)

    def forward(self, x: Array, s: Scratch) -> Array:
        deviation = s.fixed("deviation", self._broad(x))
        if not self._measures(x, s):
            self._invert(s.kept["variance"].reshape(deviation.shape), deviation, s)
            normal = self._normal(x, s.kept["mean"].reshape(deviation.shape), deviation, s)
        else:
            normal = self._measured(x, deviation, s)
        if not self.affine:
            return normal
        y = s.array("y", x.shape[1:])
        s.xp.multiply(normal, s.params["scale"].reshape(deviation.shape), out=y)
        s.xp.add(y, s.params["shift"].reshape(deviation.shape), out=y)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        xp, shape = s.xp, self._broad(x)
        measures = self._measures(x, s)
        along, total = s.fixed("along", shape), s.fixed("total", shape)
        dx = s.array("dx", x.shape[1:])
        if s.learns or measures:
            xp.multiply(dy, s.array("normal", x.shape[1:]), out=dx)
            totals(dx, self._axes(x), along, s)
            totals(dy, self._axes(x), total, s)
        if s.learns:
            s.grads["scale"].reshape(shape)[...] = along
            s.grads["shift"].reshape(shape)[...] = total
        if not s.needs_dx:
            return None
        if measures:
            # Mean and variance move with x, so what dy has in common with 1 and with the normalised x drops out.
            values = self._values(x, s)
            self._join(along, s)
            self._join(total, s)
            xp.divide(along, values, out=along)
            xp.divide(total, values, out=total)
            xp.multiply(s.array("normal", x.shape[1:]), along, out=dx)
            xp.subtract(dy, dx, out=dx)
            xp.subtract(dx, total, out=dx)
            xp.multiply(dx, self._gain(s, shape), out=dx)
        else:
            xp.multiply(dy, self._gain(s, shape), out=dx)
        return dx

    def _measured(self, x: Array, deviation: Array, s: Scratch) -> Array:
        """Normalise with the mean and variance of the batch, and let the running ones follow."""
        xp, values = s.xp, self._values(x, s)
        mean, variance = s.fixed("mean", deviation.shape), s.fixed("variance", deviation.shape)
        normal, squares = s.array("normal", x.shape[1:]), s.array("y", x.shape[1:])
        totals(x, self._axes(x), mean, s)
        self._join(mean, s)
        xp.divide(mean, values, out=mean)
        xp.subtract(x, mean, out=normal)
        xp.multiply(normal, normal, out=squares)
        totals(squares, self._axes(x), variance, s)
        self._join(variance, s)
        xp.divide(variance, values, out=variance)
        self._invert(variance, deviation, s)
        xp.multiply(normal, deviation, out=normal)
        self._follow(mean, variance, values, s)
        return normal

    def _follow(self, mean: Array, variance: Array, values: int, s: Scratch) -> None:
        """Let the running mean and variance follow those of so many values, which are spent afterwards."""
        xp = s.xp
        xp.multiply(variance, values / (values - 1), out=variance)
        for batch, running in ((mean, s.kept["mean"]), (variance, s.kept["variance"])):
            running = running.reshape(batch.shape)
            xp.subtract(batch, running, out=batch)
            xp.multiply(batch, self.momentum, out=batch)
            xp.add(running, batch, out=running)

    def _normal(self, x: Array, mean: Array, deviation: Array, s: Scratch) -> Array:
        normal = s.array("normal", x.shape[1:])
        s.xp.subtract(x, mean, out=normal)
        s.xp.multiply(normal, deviation, out=normal)
        return normal

    def _invert(self, variance: Array, out: Array, s: Scratch) -> None:
        """Write 1 / sqrt(variance + epsilon)."""
        s.xp.add(variance, self.epsilon, out=out)
        s.xp.sqrt(out, out=out)
        s.xp.reciprocal(out, out=out)

    def _gain(self, s: Scratch, shape: Shape) -> Array:
        """Return what the normalisation multiplies by."""
        deviation = s.fixed("deviation", shape)
        if not self.affine:
            return deviation
        gain = s.fixed("gain", shape)
        s.xp.multiply(deviation, s.params["scale"].reshape(shape), out=gain)
        return gain

    def _measures(self, x: Array, s: Scratch) -> bool:
        return s.training and not s.frozen and self._values(x, s) > 1

    def _own(self, in_shape: Shape) -> Shape:
        return in_shape[:1] if self.per == "channel" else in_shape

    def _broad(self, x: Array) -> Shape:
        """Return the shape of what there is one of for each channel or element, for broadcasting."""
        own = self._own(x.shape[1:])
        return (1, *own, *(1 for _ in range(x.ndim - 1 - len(own))))

    def _axes(self, x: Array) -> tuple[int, ...]:
        return (0, *range(2, x.ndim)) if self.per == "channel" else (0,)

    def _values(self, x: Array, s: Scratch) -> int:
        """Return how many values are averaged over, in all processes."""
        own = math.prod(x.shape[axis] for axis in self._axes(x))
        return own if s.joint is None else own // len(x) * s.joint.rows(len(x))

    def _join(self, sums: Array, s: Scratch) -> None:
        """Let sums be those over the samples of all processes."""
        if s.joint is not None:
            s.joint.sum(sums)
