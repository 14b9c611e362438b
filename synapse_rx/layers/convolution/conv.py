"""What convolutions in one, two and three dimensions have in common."""

from __future__ import annotations

import math
from collections.abc import Sequence

from attrs import frozen

from ...activations import ReLU
from ...scratch import Scratch
from ...typing import Array, Shape
from ..activation import Activation
from ..base import Layer, Step
from ..contiguous import contiguous
from ..pooling.max_pool import MaxPool
from ..pooling.max_pool_lanes import LARGEST
from ..windows import windows
from .convolving import Convolving, sum_by_channel
from .correlation import Correlation, correlation
from .lanes import Lanes, lanes, suits
from .on_device import ConvOnDevice, followers, geometry, kernels_for


@frozen
class Conv(Convolving):
    """The passes of `Conv1D`, `Conv2D` and `Conv3D`, which say what their axes are."""

    def out_shape(self, in_shape: Shape) -> Shape:
        self.check(in_shape)
        return (self.channels, *self._correlation(in_shape).windows.counts)

    def fans(self, in_channels: int) -> tuple[int, int]:
        return in_channels // self.groups * self.window, self.channels // self.groups * self.window

    def multiply_adds(self, in_shape: Shape) -> int:
        return math.prod(self.out_shape(in_shape)) * in_shape[0] // self.groups * self.window

    def forward(self, x: Array, s: Scratch) -> Array:
        slides = self._correlation(x.shape[1:])
        if suits(slides.windows, s):
            return self._lanes(slides, s).forward(x, s)
        y = s.array("y", (self.channels, *slides.windows.counts))
        slides.to_maps(x, self._matrices(s.params["W"]), s.params.get("b"), y, s)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        slides = self._correlation(x.shape[1:])
        if suits(slides.windows, s):
            return self._lanes(slides, s).backward(x, y, dy, s)
        dy = contiguous(dy, "dy", s)
        if s.learns:
            slides.to_weights(x, dy, self._matrices(s.grads["W"]), s)
            if self.bias:
                sum_by_channel(dy, s.grads["b"], s)
        if not s.needs_dx:
            return None
        dx = s.array("dx", x.shape[1:])
        slides.to_images(dy, self._matrices(s.params["W"]), dx, s)
        return dx

    def joined(self, behind: Sequence[Layer], in_shape: Shape, s: Scratch) -> tuple[Step, int]:
        slides, pool = self._correlation(in_shape), None
        kernels = kernels_for(slides.windows, slides.channels, self.channels, self.groups, s)
        if kernels is not None:
            shape = self.out_shape(in_shape)
            function, early, sizes, count = followers(behind, shape)
            where = geometry(slides.windows, slides.channels, self.channels, self.groups, pool=sizes)
            pooled = (n // p for n, p in zip(shape[1:], sizes or (1,) * len(self.kernel), strict=True))
            return ConvOnDevice(kernels, where, function, early, (self.channels, *pooled), s), count
        rectified = bool(behind) and behind[0] == Activation(ReLU())
        after = behind[rectified] if len(behind) > rectified else None
        if isinstance(after, MaxPool) and after.is_side_by_side(self.out_shape(in_shape)):
            pool = after.kernel if math.prod(after.kernel) <= LARGEST else None
        if not (rectified or pool) or not suits(slides.windows, s):
            return self, 0
        return self._lanes(slides, s, pool, rectified), rectified + (pool is not None)

    def _lanes(
        self, slides: Correlation, s: Scratch, pool: Shape | None = None, rectified: bool = False
    ) -> Lanes:
        return lanes(slides.channels, self.channels, self.groups, slides.windows, pool, rectified, s)

    def _correlation(self, in_shape: Shape) -> Correlation:
        places = windows(in_shape[1:], self.kernel, self.stride, self.dilation, self.padding)
        return correlation(places, in_shape[0], self.channels, self.groups)

    def _matrices(self, w: Array) -> Array:
        return w.reshape(self.groups, self.channels // self.groups, -1)
