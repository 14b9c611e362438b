"""Larger images out of small ones, without parameters."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from attrs import field, frozen

from ...backends.cuda import ResizeKernels
from ...errors import OptionError, ShapeError
from ...options import one_of
from ...scratch import Scratch
from ...typing import Array, Shape
from ..base import Layer
from ..contiguous import contiguous
from ..spatial import channels_and_any_sizes, whole


def _factor(value: Any) -> int | Shape:
    several = isinstance(value, (tuple, list, np.ndarray))
    factors = tuple(map(whole, value if several else (value,)))
    if not factors or not all(isinstance(f, int) and not isinstance(f, bool) and f >= 1 for f in factors):
        raise OptionError(f"factor of upsample is a whole number >= 1, or one for each axis, not {value!r}")
    return factors if several else factors[0]


@frozen
class Upsample(Layer):
    """
    Make every axis behind the channels longer by a whole factor.

    Args:
        factor: One number for all axes, or one for each.
        mode: "nearest" repeats elements; "linear" goes in straight lines from the middle of one to the middle of the
            next and stays level beyond the outermost ones (``align_corners=False`` of PyTorch), axis by axis.

    Shapes:
        x (N, channels, *sizes), y (N, channels, *(factor * size))

    Raises:
        OptionError: If an option is not as described.
        ShapeError: If samples have no axis behind the channels, or not as many as there are factors.
    """

    factor: int | Shape = field(converter=_factor)
    mode: str = field(default="nearest", validator=one_of("nearest", "linear"))

    def out_shape(self, in_shape: Shape) -> Shape:
        channels, sizes = channels_and_any_sizes(self.kind, in_shape)
        if isinstance(self.factor, tuple) and len(self.factor) != len(sizes):
            raise ShapeError(
                f"{len(self.factor)} factors for the {len(sizes)} axes behind the channels of {in_shape}"
            )
        return (channels, *(n * f for n, f in zip(sizes, self._factors(len(sizes)), strict=True)))

    def multiply_adds(self, in_shape: Shape) -> int:
        if self.mode == "nearest":
            return 0
        shapes = [shape for _, shape in self._steps(in_shape)]
        return 2 * sum(map(math.prod, shapes))

    def forward(self, x: Array, s: Scratch) -> Array:
        kernels = _kernels(x, s)
        if kernels is not None:
            y = s.array("y", self.out_shape(x.shape[1:]))
            kernels.forward(contiguous(x, "x", s), y, self._factors(x.ndim - 2), self.mode == "linear")
            return y
        if self.mode == "nearest":
            y = s.array("y", self.out_shape(x.shape[1:]))
            for phase in self._phases(x.ndim - 2):
                s.xp.copyto(y[phase], x)
            return y
        for axis, shape in self._steps(x.shape[1:]):
            y = s.array(f"y{axis}", shape)
            self._interpolate(axis, x, y, s)
            x = y
        return x

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        if not s.needs_dx:
            return None
        kernels = _kernels(x, s)
        if kernels is not None:
            dx = s.array("dx", x.shape[1:])
            kernels.backward(contiguous(dy, "dy", s), dx, self._factors(x.ndim - 2), self.mode == "linear")
            return dx
        if self.mode == "nearest":
            dx = s.array("dx", x.shape[1:])
            dx.fill(0)
            for phase in self._phases(x.ndim - 2):
                s.xp.add(dx, dy[phase], out=dx)
            return dx
        steps = self._steps(x.shape[1:])
        shapes = [x.shape[1:], *(shape for _, shape in steps)]
        for (axis, _), shape in reversed(list(zip(steps, shapes, strict=False))):
            dx = s.array(f"dx{axis}", shape)
            self._gather(axis, dy, dx, s)
            dy = dx
        return dy

    def _factors(self, axes: int) -> Shape:
        return self.factor if isinstance(self.factor, tuple) else (self.factor,) * axes

    def _phases(self, axes: int) -> list[tuple[Any, ...]]:
        """Return the indices of the outputs that repeat all inputs once."""
        factors = self._factors(axes)
        return [
            (..., *(slice(start, None, factor) for start, factor in zip(starts, factors, strict=True)))
            for starts in itertools.product(*map(range, factors))
        ]

    def _steps(self, in_shape: Shape) -> list[tuple[int, Shape]]:
        """Return each axis of arrays (N, channels, *sizes) that grows, with the shape of a sample behind it."""
        shape, steps = list(in_shape), []
        for axis, factor in enumerate(self._factors(len(in_shape) - 1), start=1):
            if factor > 1:
                shape[axis] *= factor
                steps.append((axis + 1, tuple(shape)))
        return steps

    def _interpolate(self, axis: int, x: Array, y: Array, s: Scratch) -> None:
        far = s.array(f"far{axis}", x.shape[1:])
        for phase, near, towards, beyond in self._neighbours(axis, x.ndim):
            s.xp.multiply(x, near, out=y[phase])
            s.xp.multiply(x, 1 - near, out=far)
            for place, neighbour in (towards, beyond):
                s.xp.add(y[phase][place], far[neighbour], out=y[phase][place])

    def _gather(self, axis: int, dy: Array, dx: Array, s: Scratch) -> None:
        far = s.array(f"far{axis}", dx.shape[1:])
        dx.fill(0)
        for phase, near, towards, beyond in self._neighbours(axis, dx.ndim):
            s.xp.multiply(dy[phase], near, out=far)
            s.xp.add(dx, far, out=dx)
            s.xp.multiply(dy[phase], 1 - near, out=far)
            for place, neighbour in (towards, beyond):
                s.xp.add(dx[neighbour], far[place], out=dx[neighbour])

    def _neighbours(self, axis: int, ndim: int) -> list[tuple[Any, float, tuple[Any, Any], tuple[Any, Any]]]:
        """
        For each output between an input and its successor return where they all are, the weight of the nearest input,
        and from which places to which others the second input is taken, within the axis and at its end.
        """
        factor = self._factors(ndim - 2)[axis - 2]

        def along(part: slice) -> tuple[slice, ...]:
            return (*[slice(None)] * axis, part, *[slice(None)] * (ndim - 1 - axis))

        first, last, but_first, but_last = map(
            along, (slice(0, 1), slice(-1, None), slice(1, None), slice(None, -1))
        )
        found = []
        for start in range(factor):
            away = (start + 0.5) / factor - 0.5
            inner, end = (
                ((but_first, but_last), (first, first)) if away < 0 else ((but_last, but_first), (last, last))
            )
            found.append((along(slice(start, None, factor)), 1 - abs(away), inner, end))
        return found


def _kernels(x: Array, s: Scratch) -> ResizeKernels | None:
    """Return the kernels of a device, which know up to three axes; None where array functions do it."""
    return s.fused(ResizeKernels) if x.ndim <= 5 else None
