"""Where the windows of a convolution lie, as tables of whole numbers that kernels read."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from attrs import field, frozen

from ...typing import Shape


def _ones(shape: Shape) -> Shape:
    """Return the sizes of three axes; those that are not there come first."""
    return (*[1] * (3 - len(shape)), *shape)


def _zeros(shape: Shape) -> Shape:
    return (*[0] * (3 - len(shape)), *shape)


@frozen(kw_only=True)
class ConvGeometry:
    """
    Windows that slide over images (N, channels, *sizes), with a map for each (N, maps, *counts).

    Where maxima follow, the maps are (N, maps, *(count // pool)).

    Attributes:
        sizes: The sizes of the images, by axis.
        kernel: Elements in a window.
        stride: The distances between windows.
        dilation: The distances between elements of a window.
        before: The padding before.
        counts: The numbers of windows.
        channels: Channels of the images.
        maps: Channels of the maps.
        groups: Into which both are parted.
        by_channel: Whether weights lie as (channels, maps / groups, *kernel), as those of transposed convolutions do,
            rather than (maps, channels / groups, *kernel).
        pool: Of how many windows that lie side by side the largest is taken; `suits_pool` says which can be.
    """

    sizes: Shape = field(converter=_ones)
    kernel: Shape = field(converter=_ones)
    stride: Shape = field(converter=_ones)
    dilation: Shape = field(converter=_ones)
    before: Shape = field(converter=_zeros)
    counts: Shape = field(converter=_ones)
    channels: int
    maps: int
    groups: int
    by_channel: bool = False
    pool: Shape = field(default=(), converter=_ones)

    @property
    def window(self) -> int:
        """Elements in a window of one channel."""
        return math.prod(self.kernel)

    @property
    def phases(self) -> int:
        """Kinds of elements of an image, by where they lie between windows."""
        return math.prod(self.stride)

    @property
    def pooled(self) -> Shape:
        """The sizes of maps in memory."""
        return tuple(n // p for n, p in zip(self.counts, self.pool, strict=True))

    @property
    def shifts(self) -> int:
        """By how many bits places in maps are those of windows, two bits for each axis."""
        d, h, w = (p.bit_length() - 1 for p in self.pool)
        return d | h << 2 | w << 4

    @property
    def steps(self) -> tuple[int, int, int]:
        """The distances of groups, of maps and of channels within their groups in the weights."""
        maps, channels = self.maps // self.groups, self.channels // self.groups
        across = (
            (self.window, maps * self.window) if self.by_channel else (channels * self.window, self.window)
        )
        return maps * channels * self.window, *across

    @property
    def is_padded(self) -> bool:
        """Whether a window reaches beyond the images."""
        parts = zip(
            self.sizes, self.kernel, self.stride, self.dilation, self.before, self.counts, strict=True
        )
        return any(p or (c - 1) * s + (k - 1) * d - p >= n for n, k, s, d, p, c in parts)

    def to_maps(self) -> tuple[Any, Any, Any]:
        """
        Return the elements of a window: where they lie, where their weights lie, and where the list begins and ends.

        Returns:
            (elements, 4): how far they lie behind the first element of the window in memory, which of a channel they
            are, how far they lie along the first of three axes, and along the others, in 16 bits each; (elements,):
            places in the weights of a map; (2,).
        """
        _, _, step = self.steps
        taps = [
            (number, tuple(a * d for a, d in zip(tap, self.dilation, strict=True)))
            for number, tap in enumerate(itertools.product(*map(range, self.kernel)))
        ]
        return self._tables([taps], self.channels // self.groups, self.sizes, step)

    def to_images(self) -> tuple[Any, Any, Any]:
        """
        Return the windows that an element of an image lies in, one kind after the other.

        Returns:
            As `to_maps`, with maps in place of channels; where the list of each kind begins, and the last ends.
        """
        _, step, _ = self.steps
        kinds = []
        for phase in itertools.product(*map(range, self.stride)):
            taps = []
            for number, tap in enumerate(itertools.product(*map(range, self.kernel))):
                parts = zip(phase, self.before, tap, self.dilation, strict=True)
                away = [f + p - a * d for f, p, a, d in parts]
                if not any(a % s for a, s in zip(away, self.stride, strict=True)):
                    taps.append((number, tuple(a // s for a, s in zip(away, self.stride, strict=True))))
            kinds.append(taps)
        return self._tables(kinds, self.maps // self.groups, self.counts, step)

    @staticmethod
    def _tables(
        kinds: list[list[tuple[int, Shape]]], channels: int, sizes: Shape, step: int
    ) -> tuple[Any, Any, Any]:
        depth, height, width = sizes
        terms = [
            (
                ((channel * depth + d) * height + h) * width + w,
                place,
                d,
                h << 16 | w & 0xFFFF,
                channel * step + tap,
            )
            for taps in kinds
            for channel in range(channels)
            for place, (tap, (d, h, w)) in enumerate(taps)
        ]
        starts = np.cumsum([0, *(channels * len(taps) for taps in kinds)], dtype=np.int32)
        every = np.array(terms, np.int32).reshape(-1, 5)
        return np.ascontiguousarray(every[:, :4]), np.ascontiguousarray(every[:, 4]), starts


WINDOW = 64
"""Elements of a window, of one channel, that kernels can tell apart."""

FARTHEST = 1 << 15
"""Elements along an axis that the elements of a window may be apart."""


def suits_pool(pool: Shape) -> bool:
    """Return whether maxima over so many windows can be taken where the maps are made: four that stand together."""
    return math.prod(pool) == 4


def divisor(d: int) -> tuple[int, int]:
    """
    Return m and s with ``k // d = (high(k m) + k) >> s`` for k < 2^31, high being the upper 32 bits of 64.

    Granlund & Montgomery, 1994, "Division by invariant integers using multiplication". m is given as a signed number
    of 32 bits.
    """
    s = (d - 1).bit_length()
    m = ((1 << 32) * ((1 << s) - d)) // d + 1
    return int(np.uint32(m).view(np.int32)), s
