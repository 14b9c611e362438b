"""What maximum pooling in one, two and three dimensions has in common."""

from __future__ import annotations

import math
from collections.abc import Sequence

from attrs import frozen

from ...activations import ReLU
from ...backends.cuda import MaxPoolKernels
from ...scratch import Scratch
from ...typing import Array, Shape
from ..activation import Activation
from ..base import Layer, Step
from ..contiguous import contiguous
from ..windows import Windows
from .max_pool_lanes import LARGEST, max_pool_lanes, suits
from .pool import Pool, Stage, geometry
from .rectified_max_pool import RectifiedMaxPool


@frozen
class MaxPool(Pool):
    """The arithmetic of `MaxPool1D`, `MaxPool2D` and `MaxPool3D`, which say what their axes are."""

    def forward(self, x: Array, s: Scratch) -> Array:
        places = self.windows(x.shape[1:])
        if suits(places, s):
            return max_pool_lanes(places, s).forward(x, s)
        kernels = _kernels(places, s)
        if kernels is not None:
            y = s.array("y", (x.shape[1], *places.counts))
            kernels.forward(
                contiguous(x, "x", s), y, s.array("marks", y.shape[1:], "uint8"), geometry(places)
            )
            return y
        return super().forward(x, s)

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        places = self.windows(x.shape[1:])
        if suits(places, s):
            return max_pool_lanes(places, s).backward(x, y, dy, s)
        kernels = _kernels(places, s) if s.needs_dx else None
        if kernels is not None:
            dx, marks = s.array("dx", x.shape[1:]), s.array("marks", y.shape[1:], "uint8")
            kernels.backward(contiguous(dy, "dy", s), marks, dx, geometry(places))
            return dx
        return super().backward(x, y, dy, s)

    def joined(self, behind: Sequence[Layer], in_shape: Shape, s: Scratch) -> tuple[Step, int]:
        places = self.windows(in_shape)
        rectified = bool(behind) and behind[0] == Activation(ReLU())
        kernels = _kernels(places, s) if rectified else None
        if kernels is None:
            return self, 0
        return RectifiedMaxPool(kernels, geometry(places), (in_shape[0], *places.counts)), 1

    def reduce(self, stage: Stage, x: Array, y: Array, s: Scratch) -> None:
        taps = stage.taps
        if len(stage.full) > 1:
            (one, _), (other, _) = stage.full[:2]
            s.xp.maximum(x[one], x[other], out=y)
            taps = tuple(tap for tap in taps if tap not in stage.full[:2])
        else:
            y.fill(float("-inf"))
        for source, place in taps:
            s.xp.maximum(y[place], x[source], out=y[place])

    def spread(self, stage: Stage, x: Array, y: Array, dy: Array, dx: Array, s: Scratch) -> None:
        # The first maximum of a window takes its gradient and leaves none to its equals; what nobody has taken is
        # the last one's.
        part, rest = s.array(f"part{stage.axis}", stage.shape), dy
        if stage.taps != stage.full:
            rest = s.array(f"rest{stage.axis}", stage.shape)
            s.xp.copyto(rest, dy)
        for source, place in stage.taps[:-1]:
            share, is_largest = part[place], s.array(f"mask{stage.axis}", stage.shape, bool)[place]
            s.xp.copyto(share, x[source])  # what lies in one piece is compared several times faster
            s.xp.equal(share, y[place], out=is_largest)
            s.xp.multiply(is_largest, rest[place], out=share)
            _give(dx[source], share, stage, s)
            left = s.array(f"rest{stage.axis}", stage.shape)
            s.xp.subtract(rest[place], share, out=left[place])
            rest = left
        source, place = stage.taps[-1]
        _give(dx[source], rest[place], stage, s)


def _kernels(windows: Windows, s: Scratch) -> MaxPoolKernels | None:
    """Return the kernels of a device that pool so; None where array functions have to."""
    return s.fused(MaxPoolKernels) if math.prod(windows.kernel) <= LARGEST else None


def _give(dx: Array, share: Array, stage: Stage, s: Scratch) -> None:
    if stage.disjoint:
        s.xp.copyto(dx, share)
    else:
        s.xp.add(dx, share, out=dx)
