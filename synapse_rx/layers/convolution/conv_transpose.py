"""What transposed convolutions in one, two and three dimensions have in common."""

from __future__ import annotations

import math
from collections.abc import Sequence

from attrs import field, frozen

from ...errors import OptionError, ShapeError
from ...scratch import Scratch
from ...typing import Array, Shape
from ..base import Layer, Step
from ..contiguous import contiguous
from ..spatial import NONE, given, per_axis, put
from ..windows import Pads, times, windows
from .convolving import Convolving, sum_by_channel
from .correlation import Correlation, correlation
from .on_device import ConvTransposeOnDevice, geometry, kernels_for


@frozen
class ConvTranspose(Convolving):
    """The passes of `ConvTranspose1D`, `ConvTranspose2D` and `ConvTranspose3D`, which say what their axes are."""

    output_padding: Shape = field(default=NONE, converter=given, kw_only=True)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        extra = per_axis(self, "output_padding", self.output_padding, 0)
        put(self, "output_padding", extra)
        if self.padding == "same" and any(extra):
            raise OptionError(
                f"{self.kind} with padding='same' makes size * stride outputs; leave output_padding={extra} away"
            )
        if any(e >= s for e, s in zip(extra, self.stride, strict=True)):
            raise OptionError(
                f"output_padding of {self.kind} is less than the stride {self.stride}, not {extra}: with more, a "
                f"convolution would make more of the outputs than there were inputs"
            )

    def out_shape(self, in_shape: Shape) -> Shape:
        self.check(in_shape)
        sizes, pads = self._sizes_and_pads(in_shape[1:])
        if min(sizes) < 1:
            raise ShapeError(
                f"padding {pads} leaves nothing of the outputs for {times(in_shape[1:])}; take less of it"
            )
        return (self.channels, *sizes)

    def fans(self, in_channels: int) -> tuple[int, int]:
        # The kernels of neighbouring inputs overlap as often as the stride goes into their size.
        fan_in = in_channels // self.groups * self.window / math.prod(self.stride)
        return max(1, round(fan_in)), self.channels // self.groups * self.window

    def multiply_adds(self, in_shape: Shape) -> int:
        return math.prod(in_shape) * self.channels // self.groups * self.window

    def forward(self, x: Array, s: Scratch) -> Array:
        slides, x = self._correlation(x.shape[1:]), contiguous(x, "x", s)
        y = s.array("y", (self.channels, *slides.windows.sizes))
        slides.to_images(x, self._matrices(x.shape[1], s), y, s)
        if self.bias:
            s.xp.add(y, s.params["b"].reshape(-1, *(1,) * len(self.kernel)), out=y)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        slides, dy = self._correlation(x.shape[1:]), contiguous(dy, "dy", s)
        if s.learns:
            dw = s.fixed("dw_by_input", self._shape(x.shape[1]))
            matrices = dw.reshape(*dw.shape[:2], -1)
            slides.to_weights(dy, contiguous(x, "x", s), matrices, s)
            s.xp.copyto(self._by_input(s.grads["W"]), dw)
            if self.bias:
                sum_by_channel(dy, s.grads["b"], s)
        if not s.needs_dx:
            return None
        dx = s.array("dx", x.shape[1:])
        slides.to_maps(dy, self._matrices(x.shape[1], s), None, dx, s)
        return dx

    def joined(self, behind: Sequence[Layer], in_shape: Shape, s: Scratch) -> tuple[Step, int]:
        slides = self._correlation(in_shape)
        kernels = kernels_for(slides.windows, slides.channels, slides.maps, self.groups, s)
        if kernels is None:
            return self, 0
        where = geometry(slides.windows, slides.channels, slides.maps, self.groups, by_channel=True)
        return ConvTransposeOnDevice(kernels, where, self.out_shape(in_shape), s), 0

    def _correlation(self, in_shape: Shape) -> Correlation:
        """Return the convolution that this is the transpose of: it goes from the outputs to the inputs."""
        sizes, pads = self._sizes_and_pads(in_shape[1:])
        places = windows(sizes, self.kernel, self.stride, self.dilation, pads)
        return correlation(places, self.channels, in_shape[0], self.groups)

    def _sizes_and_pads(self, sizes: Shape) -> tuple[Shape, Pads]:
        spans = [(k - 1) * d + 1 for k, d in zip(self.kernel, self.dilation, strict=True)]
        if self.padding == "same":
            cut = [max(span - stride, 0) for span, stride in zip(spans, self.stride, strict=True)]
            pads = tuple((both // 2, both - both // 2) for both in cut)
            return tuple(n * stride for n, stride in zip(sizes, self.stride, strict=True)), pads
        pads = ((0, 0),) * len(sizes) if isinstance(self.padding, str) else self.padding
        parts = zip(sizes, self.stride, spans, pads, self.output_padding, strict=True)
        return tuple((n - 1) * s + span - sum(pad) + extra for n, s, span, pad, extra in parts), pads

    def _matrices(self, in_channels: int, s: Scratch) -> Array:
        """Return the weights as the convolution has them, whose outputs are the inputs here."""
        w = s.fixed("w_by_input", self._shape(in_channels))
        s.xp.copyto(w, self._by_input(s.params["W"]))
        return w.reshape(*w.shape[:2], -1)

    def _shape(self, in_channels: int) -> Shape:
        groups = self.groups
        return (groups, in_channels // groups, self.channels // groups, *self.kernel)

    def _by_input(self, w: Array) -> Array:
        """Return (outputs, inputs / groups, *kernel) as (groups, inputs / groups, outputs / groups, *kernel)."""
        return w.reshape(self.groups, -1, *w.shape[1:]).swapaxes(1, 2)
