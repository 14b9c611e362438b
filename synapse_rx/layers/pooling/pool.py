"""
What poolings have in common: windows that are reduced along one axis after the other.

The maximum of a window is the maximum of the maxima of its rows, and its sum the sum of their sums. Axis by axis a
window of k x k costs 2 k operations in place of k^2, and those along the last axis run through memory without a gap.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import lru_cache
from typing import Any

from attrs import field, frozen

from ...backends.cuda.max_pool import Geometry
from ...errors import OptionError
from ...options import flag
from ...scratch import Scratch
from ...typing import Array, Shape
from ..spatial import SpatialLayer, channels_and_sizes, given, paddings, per_axis, put
from ..windows import Pads, Windows, windows

Tap = tuple[Any, Any]
"""One element of all windows along an axis: its index in the inputs, and that of its windows in the outputs."""


@frozen
class Stage:
    """
    The windows along one axis.

    Attributes:
        axis: The axis, counted among those behind the channels.
        shape: The shape of a sample when this axis is done.
        taps: The elements of a window, where they lie within the inputs.
        full: Those of them that lie within the inputs for every window.
        counts: The numbers of inputs in each window.
        with_padding: The numbers of elements in each window, padding that was asked for included.
        disjoint: Whether no input lies in two windows.
        exact: Whether every input lies in one window.
    """

    axis: int
    shape: Shape
    taps: tuple[Tap, ...]
    full: tuple[Tap, ...]
    counts: tuple[int, ...]
    with_padding: tuple[int, ...]
    disjoint: bool
    exact: bool


@frozen
class Pool(SpatialLayer):
    """The options of poolings, which say what their axes are and how a window becomes one number."""

    kernel: Shape = field(converter=given)
    stride: Shape = field(default=None, converter=given)
    padding: str | Pads = field(default="valid", converter=given, kw_only=True)
    ceil: bool = field(default=False, validator=flag, kw_only=True)

    def __attrs_post_init__(self) -> None:
        put(self, "kernel", per_axis(self, "kernel", self.kernel, 1))
        stride = self.kernel if self.stride is None else self.stride
        put(self, "stride", per_axis(self, "stride", stride, 1))
        put(self, "padding", paddings(self, self.padding))
        pads = () if isinstance(self.padding, str) else self.padding
        if any(max(pad) >= k for pad, k in zip(pads, self.kernel, strict=False)):
            raise OptionError(
                f"padding of {self.kind} is less than its kernel {self.kernel}, not {self.padding}: there would be "
                f"windows without inputs"
            )

    @abstractmethod
    def reduce(self, stage: Stage, x: Array, y: Array, s: Scratch) -> None:
        """Write what the windows of ``stage`` make of x (N, channels, ...) into y."""

    @abstractmethod
    def spread(self, stage: Stage, x: Array, y: Array, dy: Array, dx: Array, s: Scratch) -> None:
        """Write the gradient of the inputs of ``stage`` into dx."""

    def out_shape(self, in_shape: Shape) -> Shape:
        channels, sizes = channels_and_sizes(self, in_shape)
        return (channels, *windows(sizes, *self._geometry, self.padding, self.ceil).counts)

    def is_side_by_side(self, in_shape: Shape) -> bool:
        """Return whether windows lie within inputs of ``in_shape`` and no input in two of them."""
        return self.kernel == self.stride and not self.windows(in_shape).is_padded

    def windows(self, in_shape: Shape) -> Windows:
        """Return where the windows lie on inputs of ``in_shape``."""
        return windows(in_shape[1:], *self._geometry, self.padding, self.ceil)

    def forward(self, x: Array, s: Scratch) -> Array:
        for stage in self.stages(x.shape[1:]):
            y = s.array(f"y{stage.axis}", stage.shape)
            self.reduce(stage, x, y, s)
            x = y
        return x

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        if not s.needs_dx:
            return None
        stages = self.stages(x.shape[1:])
        inputs = [x, *(s.array(f"y{stage.axis}", stage.shape) for stage in stages)]
        for stage, before, behind in reversed(list(zip(stages, inputs, inputs[1:], strict=False))):
            dx = s.array(f"dx{stage.axis}", before.shape[1:])
            if not stage.exact:
                dx.fill(0)
            self.spread(stage, before, behind, dy, dx, s)
            dy = dx
        return dy

    def stages(self, in_shape: Shape) -> tuple[Stage, ...]:
        """Return the axes with windows, the last one first, so that a window is read row by row."""
        return _stages(in_shape, *self._geometry, self.padding, self.ceil)

    @property
    def _geometry(self) -> tuple[Shape, Shape, Shape]:
        return self.kernel, self.stride, (1,) * len(self.kernel)


def geometry(windows: Windows) -> Geometry:
    """Return windows as the kernels of devices know them."""
    before = tuple(pad for pad, _ in windows.pads)
    return windows.sizes, windows.kernel, windows.stride, windows.counts, before


@lru_cache(maxsize=1024)
def _stages(
    in_shape: Shape, kernel: Shape, stride: Shape, dilation: Shape, padding: str | Pads, ceil: bool
) -> tuple[Stage, ...]:
    places = windows(in_shape[1:], kernel, stride, dilation, padding, ceil)
    asked = windows(in_shape[1:], kernel, stride, dilation, padding)
    shape, stages = list(in_shape), []
    for axis in reversed(range(len(kernel))):
        if kernel[axis] == stride[axis] == 1 and places.pads[axis] == (0, 0):
            continue
        shape[axis + 1] = places.counts[axis]
        ends = asked.pads[axis][0], places.sizes[axis] + asked.pads[axis][1]
        stages.append(
            _stage(axis, tuple(shape), places.sizes[axis], kernel[axis], stride[axis], *ends, len(kernel))
        )
    return tuple(stages)


def _stage(
    axis: int, shape: Shape, size: int, kernel: int, stride: int, before: int, end: int, axes: int
) -> Stage:
    windows_here, behind = shape[axis + 1], (slice(None),) * (axes - 1 - axis)
    starts = [n * stride - before for n in range(windows_here)]
    taps, full = [], []
    for k in range(kernel):
        inside = [n for n, start in enumerate(starts) if 0 <= start + k < size]
        if inside:
            first, last = inside[0], inside[-1]
            source = slice(starts[first] + k, starts[last] + k + 1, stride)
            tap = ((..., source, *behind), (..., slice(first, last + 1), *behind))
            taps.append(tap)
            if len(inside) == windows_here:
                full.append(tap)
    counts = tuple(min(start + kernel, size) - max(start, 0) for start in starts)
    with_padding = tuple(min(start + kernel, end) - start for start in starts)
    disjoint = kernel <= stride
    exact = disjoint and sum(counts) == size
    return Stage(axis, shape, tuple(taps), tuple(full), counts, with_padding, disjoint, exact)
