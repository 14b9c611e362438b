"""Maximum pooling by compiled kernels, a block of channels at a time (`max_pool_kernel`)."""

from __future__ import annotations

import math

from ... import crew, fast
from ...instructions.machine import machine
from ...scratch import Scratch
from ...typing import Array, Shape
from ..contiguous import owned
from ..windows import Windows

LEAST = 8
"""The largest batch of a program below which kernels are not worth their compilation."""

LARGEST = 255
"""Elements of a window whose places can be told apart in a byte."""


def suits(windows: Windows, s: Scratch) -> bool:
    """
    Return whether training pools by kernels; without gradients numpy is as fast.

    What was answered once for this memory is answered always.
    """
    return s.once("lanes suit", lambda: _suits(windows, s))


class MaxPoolLanes:
    """
    Maximum pooling of one geometry in the memory of one node.

    Args:
        windows: Where the windows lie.
        s: The memory.
    """

    def __init__(self, windows: Windows, s: Scratch) -> None:
        fast.load()
        from . import max_pool_kernel

        self._kernel, self._s, self._windows = max_pool_kernel, s, windows
        width, _ = machine()
        self._lanes = width // s.dtype.itemsize
        self._sizes = ((0,) * self._lanes, (0,), (0,))
        kernel, stride, counts, sizes, padded = (
            _two(part)
            for part in (windows.kernel, windows.stride, windows.counts, windows.sizes, windows.padded)
        )
        top, left = ((0, 0), *windows.pads)[-2][0], windows.pads[-1][0]
        overlap = kernel[0] > stride[0] or kernel[1] > stride[1]
        self._images = (1, *sizes, *padded, top, left)
        self._geometry = (*kernel, *stride, *counts, int(overlap), int(windows.is_padded))

    def forward(self, x: Array, s: Scratch) -> Array:
        """Return the largest numbers in the windows of ``x`` (N, channels, *sizes), in a buffer."""
        channels = x.shape[1]
        y = s.array("y", (channels, *self._windows.counts))
        rows, out = self._rows(x, "x"), y.reshape(s.n * channels, -1)
        marks = self._marks(channels)

        def part(hand: int, first: int, last: int) -> None:
            framed = s.filled(f"images {hand}", self._framed, float("-inf"))
            self._kernel.forward(
                self._sizes, rows, out, marks, self._images, self._geometry, int(s.training), (first, last),
                self._plain(hand), framed, *self._memory(hand),
            )  # fmt: skip

        crew.share(-(-len(rows) // self._lanes), crew.threads(), part)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        """Return the gradient of ``x``, in a buffer."""
        if not s.needs_dx:
            return None
        dx = s.array("dx", x.shape[1:])
        rows, out = self._rows(dy, "dy"), dx.reshape(len(x) * x.shape[1], -1)
        marks = self._marks(x.shape[1])

        def part(hand: int, first: int, last: int) -> None:
            framed = s.filled(f"gradients {hand}", self._framed, 0.0)
            self._kernel.backward(
                self._sizes, rows, marks, out, self._images, self._geometry, (first, last),
                self._plain(hand), framed, *self._memory(hand),
            )  # fmt: skip

        crew.share(-(-len(rows) // self._lanes), crew.threads(), part)
        return dx

    def _rows(self, x: Array, name: str) -> Array:
        return owned(x, name, self._s).reshape(len(x) * x.shape[1], -1)

    def _marks(self, channels: int) -> Array:
        # A vector of marks more, because those of the last channels are written a whole vector at a time.
        size = channels * math.prod(self._windows.counts) + self._lanes
        return self._s.array("marks", (size,), "uint8").reshape(-1)

    @property
    def _framed(self) -> Shape:
        return (math.prod(self._windows.padded) * self._lanes,)

    def _plain(self, hand: int) -> Array:
        size = math.prod(self._windows.sizes) * self._lanes if self._windows.is_padded else 0
        return self._s.fixed(f"plain images {hand}", (size,))

    def _memory(self, hand: int) -> tuple[Array, Array]:
        out = math.prod(self._windows.counts) * self._lanes
        most = max(out, math.prod(self._windows.sizes) * self._lanes)
        return self._s.fixed(f"pooled {hand}", (out,)), self._s.fixed(f"last block {hand}", (most,))


def max_pool_lanes(windows: Windows, s: Scratch) -> MaxPoolLanes:
    """Return what pools in the memory of a node, made once."""
    return s.once("lanes", lambda: MaxPoolLanes(windows, s))


def _suits(windows: Windows, s: Scratch) -> bool:
    two = len(windows.sizes) <= 2 and math.prod(windows.kernel) <= LARGEST
    host = s.xp.__name__ == "numpy" and fast.why_not() is None
    return two and host and s.training and s.needs_dx and s.capacity >= LEAST


def _two(sizes: Shape) -> tuple[int, int]:
    return (1, *sizes)[-2:]  # pyright: ignore[reportReturnType]
