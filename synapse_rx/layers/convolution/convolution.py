"""Convolution, activation and pooling in one description, as Clojure's Synaptic has them."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from ...activations import Activation as Function
from ...activations import Linear
from ...errors import ShapeError
from ...initializers import Initializer, Zeros
from ...options import count, one_of
from ...params import ParameterSpec
from ...scratch import Scratch
from ...typing import Array, Shape
from ..base import Layer
from ..pooling.average_pool2d import AveragePool2D
from ..pooling.max_pool2d import MaxPool2D
from ..spatial import SpatialLayer, given, per_axis, put, whole
from ..windows import times
from .conv2d import Conv2D
from .convolving import initializer_or_none


@frozen
class Convolution(SpatialLayer):
    """
    Feature maps, an activation and pooling without overlap in one layer: `Conv2D`, `Activation` and `MaxPool2D`.

    This is the convolution layer of Clojure's Synaptic, whose ``{:type :convolution, :act-fn :sigmoid, :feature-map
    {:size [w h], :k n}, :pool {:kind :max, :size [w h]}}`` is ``Convolution(n, (h, w), "sigmoid", (h, w))`` here.
    There is no padding and windows stand side by side, one element apart for the feature maps.

    Args:
        maps: Feature maps, the channels of the output.
        size: The size of the part of the image that they look at: one number, or (height, width).
        activation: By name or description; linear by default. It comes before the pooling.
        pool: The size of what is pooled: one number, or (height, width), which divide the maps; None for no pooling.
        pool_kind: "max" or "average".
        initializer: How W is drawn; by default what suits the activation. Synaptic's own is "scaled_normal".
        bias_initializer: How b is drawn; zeros by default.

    Shapes:
        x (N, in_channels, height, width), y (N, maps, (height - size + 1) / pool, (width - size + 1) / pool), W (maps,
        in_channels, *size), b (maps,)

    Raises:
        OptionError: If an option is not as described.
        ShapeError: If samples have other axes, the maps do not fit into them, or the pool does not divide the maps.
    """

    maps: int = field(converter=whole, validator=count)
    size: Shape = field(converter=given)
    activation: Function = field(default=Linear(), converter=Function.of)
    pool: Shape | None = field(default=None, converter=given)
    pool_kind: str = field(default="max", validator=one_of("max", "average"), kw_only=True)
    initializer: Initializer | None = field(default=None, converter=initializer_or_none, kw_only=True)
    bias_initializer: Initializer = field(default=Zeros(), converter=Initializer.of, kw_only=True)

    def __attrs_post_init__(self) -> None:
        put(self, "size", per_axis(self, "size", self.size, 1))
        if self.pool is not None:
            put(self, "pool", per_axis(self, "pool", self.pool, 1))

    @classmethod
    def axes(cls) -> tuple[str, str]:
        return Conv2D.axes()

    def out_shape(self, in_shape: Shape) -> Shape:
        channels, *sizes = shape = self._convolution.out_shape(in_shape)
        if self.pool is None:
            return shape
        if any(n % p for n, p in zip(sizes, self.pool, strict=True)):
            raise ShapeError(
                f"maps of {times(tuple(sizes))} cannot be parted into windows of {times(self.pool)}; take divisors, or "
                f"{self._pooling.kind} with stride, padding or ceil"
            )
        return (channels, *(n // p for n, p in zip(sizes, self.pool, strict=True)))

    def specs(self, in_shape: Shape) -> tuple[ParameterSpec, ...]:
        return self._convolution.specs(in_shape)

    def multiply_adds(self, in_shape: Shape) -> int:
        maps = self._convolution.out_shape(in_shape)
        pooling = self._pooling.multiply_adds(maps) if self.pool is not None else 0
        return self._convolution.multiply_adds(in_shape) + pooling

    def expand(self) -> tuple[Layer, ...]:
        parts = self._convolution.expand()
        return (*parts, self._pooling) if self.pool is not None else parts

    def forward(self, x: Array, s: Scratch) -> Array:
        raise AssertionError("its primitives do the work")

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        raise AssertionError("its primitives do the work")

    @property
    def _convolution(self) -> Conv2D:
        options: dict[str, Any] = {"initializer": self.initializer, "bias_initializer": self.bias_initializer}
        return Conv2D(self.maps, self.size, self.activation, **options)

    @property
    def _pooling(self) -> MaxPool2D | AveragePool2D:
        return (MaxPool2D if self.pool_kind == "max" else AveragePool2D)(self.pool)
