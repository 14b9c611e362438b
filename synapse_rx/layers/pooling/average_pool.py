"""What average pooling in one, two and three dimensions has in common."""

from __future__ import annotations

import itertools
import math

from attrs import field, frozen

from ...backends.cuda import AveragePoolKernels
from ...options import flag
from ...scratch import Scratch
from ...typing import Array, Shape
from ..contiguous import contiguous
from ..windows import Windows, windows
from .pool import Pool, Stage, geometry


@frozen
class AveragePool(Pool):
    """The arithmetic of `AveragePool1D`, `AveragePool2D` and `AveragePool3D`, which say what their axes are."""

    count_padding: bool = field(default=False, validator=flag, kw_only=True)

    def multiply_adds(self, in_shape: Shape) -> int:
        return math.prod(self.out_shape(in_shape)) * math.prod(self.kernel)

    def forward(self, x: Array, s: Scratch) -> Array:
        kernels = s.fused(AveragePoolKernels)
        if kernels is None:
            return super().forward(x, s)
        places = self.windows(x.shape[1:])
        y = s.array("y", (x.shape[1], *places.counts))
        kernels.forward(contiguous(x, "x", s), y, geometry(places), self._ends(places))
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        kernels = s.fused(AveragePoolKernels) if s.needs_dx else None
        if kernels is None:
            return super().backward(x, y, dy, s)
        places, dx = self.windows(x.shape[1:]), s.array("dx", x.shape[1:])
        kernels.backward(contiguous(dy, "dy", s), dx, geometry(places), self._ends(places))
        return dx

    def reduce(self, stage: Stage, x: Array, y: Array, s: Scratch) -> None:
        taps = stage.taps
        if len(stage.full) > 1:
            (one, _), (other, _) = stage.full[:2]
            s.xp.add(x[one], x[other], out=y)
            taps = tuple(tap for tap in taps if tap not in stage.full[:2])
        else:
            y.fill(0)
        for source, place in taps:
            s.xp.add(y[place], x[source], out=y[place])
        self._divide(stage, y, y, s)

    def spread(self, stage: Stage, x: Array, y: Array, dy: Array, dx: Array, s: Scratch) -> None:
        share = s.array(f"share{stage.axis}", stage.shape)
        self._divide(stage, dy, share, s)
        for source, place in stage.taps:
            if stage.disjoint:
                s.xp.copyto(dx[source], share[place])
            else:
                s.xp.add(dx[source], share[place], out=dx[source])

    def _divide(self, stage: Stage, sums: Array, means: Array, s: Scratch) -> None:
        """Divide by the numbers of elements, all windows with equally many at once."""
        counts, end = (stage.with_padding if self.count_padding else stage.counts), 0
        behind = (slice(None),) * (sums.ndim - 3 - stage.axis)
        for count, equal in itertools.groupby(counts):
            start, end = end, end + len(list(equal))
            place = (..., slice(start, end), *behind)
            s.xp.multiply(sums[place], 1 / count, out=means[place])

    def _ends(self, places: Windows) -> Shape | None:
        """Return where the padding that was asked for ends, by axis; None if it does not count."""
        if not self.count_padding:
            return None
        asked = windows(places.sizes, places.kernel, places.stride, places.dilation, self.padding)
        return tuple(size + after for size, (_, after) in zip(asked.sizes, asked.pads, strict=True))
