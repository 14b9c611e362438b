"""What maximum pooling in one, two and three dimensions has in common."""

from __future__ import annotations

from attrs import frozen

from ...scratch import Scratch
from ...typing import Array
from .max_pool_lanes import max_pool_lanes, suits
from .pool import Pool, Stage


@frozen
class MaxPool(Pool):
    """The arithmetic of `MaxPool1D`, `MaxPool2D` and `MaxPool3D`, which say what their axes are."""

    def forward(self, x: Array, s: Scratch) -> Array:
        places = self.windows(x.shape[1:])
        if suits(places, s):
            return max_pool_lanes(places, s).forward(x, s)
        return super().forward(x, s)

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        places = self.windows(x.shape[1:])
        if suits(places, s):
            return max_pool_lanes(places, s).backward(x, y, dy, s)
        return super().backward(x, y, dy, s)

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


def _give(dx: Array, share: Array, stage: Stage, s: Scratch) -> None:
    if stage.disjoint:
        s.xp.copyto(dx, share)
    else:
        s.xp.add(dx, share, out=dx)
