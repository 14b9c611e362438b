"""Windows that slide over the axes behind the channels: their sizes, strides and places."""

from __future__ import annotations

import itertools
import math
from functools import lru_cache
from typing import Any

from attrs import field, frozen

from ..errors import ShapeError
from ..typing import Array, Shape

Pads = tuple[tuple[int, int], ...]
"""For each axis the numbers of zeros before and behind."""


@frozen
class Tap:
    """
    One element of all windows.

    Attributes:
        place: Its place in the window.
        index: Where it is in arrays (N, channels, *padded), for all windows at once.
        offset: How far it lies behind the first element of its window where the axes are read as one.
    """

    place: Shape
    index: tuple[Any, ...]
    offset: int


@frozen
class Windows:
    """
    Where windows of one size lie on axes of given sizes, all of it in whole numbers.

    Attributes:
        sizes: The sizes of the axes.
        kernel: Elements in a window, by axis.
        stride: The distance between windows, by axis.
        dilation: The distance between the elements of a window, by axis.
        pads: What is added before and behind, by axis, what the last windows need when sizes are rounded up included.
        counts: The numbers of windows, by axis.
        padded: The sizes with padding.
        inside: The index of what is not padding, for arrays (N, channels, *padded).
        run: The numbers from the first element of the first window to the first of the last one, both included, where
            the axes are read as one.
        taps: The elements of a window.
    """

    sizes: Shape
    kernel: Shape
    stride: Shape
    dilation: Shape
    pads: Pads
    counts: Shape
    padded: Shape = field(init=False, eq=False)
    inside: tuple[Any, ...] = field(init=False, eq=False)
    run: int = field(init=False, eq=False)
    taps: tuple[Tap, ...] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        put = object.__setattr__
        padded = tuple(n + before + behind for n, (before, behind) in zip(self.sizes, self.pads, strict=True))
        put(self, "padded", padded)
        inside = (slice(before, before + n) for n, (before, _) in zip(self.sizes, self.pads, strict=True))
        put(self, "inside", (..., *inside))
        last = zip(self.counts, self.stride, _steps(padded), strict=True)
        put(self, "run", 1 + sum((n - 1) * stride * step for n, stride, step in last))
        put(self, "taps", tuple(map(self._tap, itertools.product(*map(range, self.kernel)))))

    @property
    def is_padded(self) -> bool:
        """Whether there is padding at all."""
        return self.padded != self.sizes

    def view(self, xp: Any, x: Array) -> Array:
        """Return x (N, channels, *padded) as (N, channels, *kernel, *counts), without copying."""
        n, channels, *axes = x.strides
        steps = [d * a for d, a in zip(self.dilation, axes, strict=True)]
        jumps = [s * a for s, a in zip(self.stride, axes, strict=True)]
        shape = (*x.shape[:2], *self.kernel, *self.counts)
        return xp.lib.stride_tricks.as_strided(x, shape, (n, channels, *steps, *jumps))

    def view_of_runs(self, xp: Any, x: Array) -> Array:
        """Return x (N, channels, *padded), contiguous, as (N, channels, *kernel, run), without copying."""
        n, channels, *axes = x.strides
        steps = [d * a for d, a in zip(self.dilation, axes, strict=True)]
        shape = (*x.shape[:2], *self.kernel, self.run)
        return xp.lib.stride_tricks.as_strided(x, shape, (n, channels, *steps, x.itemsize))

    def view_in_runs(self, xp: Any, runs: Array) -> Array:
        """Return runs (N, channels, run) as (N, channels, *counts), without copying."""
        steps = [
            s * step * runs.strides[-1] for s, step in zip(self.stride, _steps(self.padded), strict=True)
        ]
        shape = (*runs.shape[:2], *self.counts)
        return xp.lib.stride_tricks.as_strided(runs, shape, (*runs.strides[:2], *steps))

    def _tap(self, place: Shape) -> Tap:
        starts = [k * d for k, d in zip(place, self.dilation, strict=True)]
        index = (
            slice(a, a + (n - 1) * s + 1, s) for a, n, s in zip(starts, self.counts, self.stride, strict=True)
        )
        offset = sum(a * step for a, step in zip(starts, _steps(self.padded), strict=True))
        return Tap(place, (..., *index), offset)


@lru_cache(maxsize=1024)
def windows(
    sizes: Shape,
    kernel: Shape,
    stride: Shape,
    dilation: Shape,
    padding: str | Pads = "valid",
    ceil: bool = False,
) -> Windows:
    """
    Return the windows on axes of ``sizes``.

    Args:
        sizes: The sizes of the axes.
        kernel: Elements in a window, by axis.
        stride: The distance between windows, by axis.
        dilation: The distance between the elements of a window, by axis.
        padding: "valid" for none; "same" for ceil(size / stride) windows, with the odd element of the padding at the
            end; or the numbers before and behind, by axis.
        ceil: Whether elements left over at the end get a window of their own. One that began in the padding behind
            is left out.

    Raises:
        ShapeError: If the padded axes are shorter than a window.
    """
    spans = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
    if padding == "same":
        pads = tuple(_same(n, w, s) for n, w, s in zip(sizes, spans, stride, strict=True))
    else:
        pads = ((0, 0),) * len(sizes) if isinstance(padding, str) else padding
    padded = tuple(n + before + after for n, (before, after) in zip(sizes, pads, strict=True))
    if any(n < w for n, w in zip(padded, spans, strict=True)):
        dilated = f", {times(spans)} with its dilation," if spans != kernel else ""
        with_padding = f", {times(padded)} with padding" if padded != sizes else ""
        raise ShapeError(
            f"a window of {times(kernel)}{dilated} does not fit into {times(sizes)}{with_padding}; take a smaller one, "
            f"or padding='same'"
        )
    counts = tuple((n - w) // s + 1 for n, w, s in zip(padded, spans, stride, strict=True))
    if ceil:
        counts = tuple(
            count + ((n - w) % s > 0 and count * s < before + size)
            for count, n, w, s, size, (before, _) in zip(
                counts, padded, spans, stride, sizes, pads, strict=True
            )
        )
        pads = tuple(
            (before, max(after, (count - 1) * s + w - size - before))
            for count, w, s, size, (before, after) in zip(counts, spans, stride, sizes, pads, strict=True)
        )
    return Windows(sizes, kernel, stride, dilation, pads, counts)


def times(sizes: Shape) -> str:
    """Spell sizes: ``3x3``."""
    return "x".join(map(str, sizes))


def _same(size: int, span: int, stride: int) -> tuple[int, int]:
    total = max((math.ceil(size / stride) - 1) * stride + span - size, 0)
    return total // 2, total - total // 2


def _steps(sizes: Shape) -> Shape:
    """Return the distances between neighbours along each axis where the axes are read as one."""
    return tuple(math.prod(sizes[axis + 1 :]) for axis in range(len(sizes)))
