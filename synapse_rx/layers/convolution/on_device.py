"""Convolutions on a device: by kernels of its own, with the activation and the maxima that follow."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from attrs import evolve

from ...activations import ReLU, Sigmoid, Tanh
from ...backends.cuda import ConvGeometry, ConvKernels, TensorConvKernels, suits_pool
from ...backends.cuda.conv_geometry import FARTHEST, WINDOW
from ...backends.cuda.tiles import FUNCTIONS, LINEAR, RELU
from ...scratch import Scratch
from ...typing import Array, Shape
from ..activation import Activation
from ..base import Layer
from ..contiguous import contiguous
from ..pooling.max_pool import MaxPool
from ..windows import Windows
from .convolving import sum_by_channel

LARGE = 512
"""
Maps, and elements of a window, from which on columns and a product of matrices by a library are at least as quick.

Columns are written and read once for all maps, and the library's products are quicker than ours by a quarter or so: on
an H200 it should come out even where an element of a column is multiplied about 500 times.
"""

MOST = 2**31
"""Numbers in images or maps that kernels can count."""

BLOCKS = 65535
"""Groups, times kinds of places, that kernels can be launched for."""


class ConvOnDevice:
    """
    A convolution and what follows at once (`Step`).

    Args:
        kernels: What computes.
        geometry: Where windows lie, and the maxima that are taken.
        function: The activation.
        early: Whether it comes before the maxima.
        shape: The shape of a sample of the outputs.
        s: The memory.
    """

    def __init__(
        self,
        kernels: ConvKernels,
        geometry: ConvGeometry,
        function: int,
        early: bool,
        shape: Shape,
        s: Scratch,
    ) -> None:
        self._kernels, self._geometry = kernels, geometry
        self._function, self._early, self._shape = function, early, shape
        self._plain = evolve(geometry, pool=())
        for one in {geometry, self._plain}:
            kernels.prepare(one)
        self._room = kernels.room(geometry, s.capacity) if s.learns else 0

    def forward(self, x: Array, s: Scratch) -> Array:
        """Return the outputs for ``x`` (N, channels, *sizes), in a buffer."""
        y, taken = s.array("y", self._shape), self._taken(s) if s.training else None
        x, w, b = contiguous(x, "x", s), s.params["W"], s.params.get("b")
        self._kernels.to_maps(self._geometry, x, w, b, y, taken, self._function, self._early)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        """Write the gradients that are wanted, given that of the outputs; return that of ``x``."""
        given = (
            contiguous(dy, "dy", s),
            None if self._function == LINEAR else y,
            self._taken(s),
            self._function,
        )
        geometry = self._geometry
        if s.needs_dx and (geometry.shifts or self._function != LINEAR):
            # Both passes read it, one of them once for each element of a window.
            dz, geometry = s.array("dz", (geometry.maps, *geometry.counts)), self._plain
            self._kernels.spread(self._geometry, *given, dz)
            given = dz, None, None, LINEAR
        if s.learns:
            w, b, room = s.grads["W"], s.grads.get("b"), s.fixed("sums of parts", (self._room,))
            self._kernels.to_weights(geometry, contiguous(x, "x", s), given[0], w, b, room, *given[1:])
        if not s.needs_dx:
            return None
        dx = s.array("dx", x.shape[1:])
        self._kernels.to_images(self._plain, given[0], s.params["W"], dx)
        return dx

    def _taken(self, s: Scratch) -> Array | None:
        return s.array("taken", self._shape, "uint8") if self._geometry.shifts else None


class ConvTransposeOnDevice:
    """
    A transposed convolution (`Step`): what a convolution does on its way back, with the bias.

    Args:
        kernels: What computes.
        geometry: Where the windows of that convolution lie, whose images are the outputs here.
        shape: The shape of a sample of the outputs.
        s: The memory.
    """

    def __init__(self, kernels: ConvKernels, geometry: ConvGeometry, shape: Shape, s: Scratch) -> None:
        self._kernels, self._geometry, self._shape = kernels, geometry, shape
        kernels.prepare(geometry)
        self._room = kernels.room(geometry, s.capacity) if s.learns else 0

    def forward(self, x: Array, s: Scratch) -> Array:
        """Return the outputs for ``x`` (N, channels, *sizes), in a buffer."""
        y, w, b = s.array("y", self._shape), s.params["W"], s.params.get("b")
        self._kernels.to_images(self._geometry, contiguous(x, "x", s), w, y, b=b)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        """Write the gradients that are wanted, given that of the outputs; return that of ``x``."""
        dy = contiguous(dy, "dy", s)
        if s.learns:
            room, x = s.fixed("sums of parts", (self._room,)), contiguous(x, "x", s)
            self._kernels.to_weights(self._geometry, dy, x, s.grads["W"], None, room)
            if "b" in s.grads:
                sum_by_channel(dy, s.grads["b"], s)
        if not s.needs_dx:
            return None
        dx = s.array("dx", x.shape[1:])
        self._kernels.to_maps(self._geometry, dy, s.params["W"], None, dx)
        return dx


def kernels_for(windows: Windows, channels: int, maps: int, groups: int, s: Scratch) -> ConvKernels | None:
    """Return the kernels that compute a convolution of such sizes; None where columns do: by sizes alone."""
    if s.kernels is None:
        return None
    rows = channels // groups * math.prod(windows.kernel)
    is_large = rows >= LARGE and maps // groups >= LARGE
    most = s.capacity * max(channels * math.prod(windows.sizes), maps * math.prod(windows.counts))
    fits = most < MOST and groups * math.prod(windows.stride) <= BLOCKS
    spans = (k * d for k, d in zip(windows.kernel, windows.dilation, strict=True))
    if not fits or math.prod(windows.kernel) > WINDOW or max(spans) >= FARTHEST or is_large:
        return None
    by_tensors = s.fused(TensorConvKernels) if s.dtype == np.float32 else None
    return by_tensors or s.fused(ConvKernels)


def geometry(
    windows: Windows, channels: int, maps: int, groups: int, by_channel: bool = False, pool: Shape = ()
) -> ConvGeometry:
    """Return windows as kernels know them."""
    return ConvGeometry(
        sizes=windows.sizes,
        kernel=windows.kernel,
        stride=windows.stride,
        dilation=windows.dilation,
        before=tuple(before for before, _ in windows.pads),
        counts=windows.counts,
        channels=channels,
        maps=maps,
        groups=groups,
        by_channel=by_channel,
        pool=pool,
    )


def followers(behind: Sequence[Layer], out_shape: Shape) -> tuple[int, bool, Shape, int]:
    """
    Return what of the layers behind a convolution is done where its maps are made.

    That is an activation, maxima of four that stand together, or both in either order.

    Args:
        behind: The layers behind it.
        out_shape: The shape of its outputs.

    Returns:
        The activation, whether it comes before the maxima, of how many they are by axis, and how many layers that is.
    """
    function, pool = [_function(one) for one in behind[:2]], [_pool(one, out_shape) for one in behind[:2]]
    match function, pool:
        case [int(first), _], [_, (*sizes,)]:
            # What is rectified may as well be rectified when the largest is known.
            return first, first != RELU, tuple(sizes), 2
        case [_, int(second)], [(*sizes,), _]:
            return second, False, tuple(sizes), 2
        case [int(first), *_], _:
            return first, False, (), 1
        case _, [(*sizes,), *_]:
            return LINEAR, False, tuple(sizes), 1
    return LINEAR, False, (), 0


def _function(layer: Layer) -> int | None:
    if isinstance(layer, Activation) and type(layer.function) in (ReLU, Sigmoid, Tanh):
        return FUNCTIONS[layer.function.kind]
    return None


def _pool(layer: Layer, in_shape: Shape) -> Shape | None:
    if isinstance(layer, MaxPool) and suits_pool(layer.kernel) and layer.is_side_by_side(in_shape):
        return layer.kernel
    return None
