"""Layers one behind the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from attrs import field, frozen

from ...errors import OptionError
from ...scratch import Scratch
from ...typing import Array, Shapes
from ..base import Layer, Takes


def as_layers(value: Any) -> tuple[Layer, ...]:
    """
    Convert to a tuple of layers.

    Raises:
        OptionError: If ``value`` is no sequence of them.
    """
    if isinstance(value, (str, Layer)) or not isinstance(value, Iterable):
        raise OptionError(f"layers are a sequence, such as [Dense(10)], not {value!r}")
    return tuple(Layer.of(layer) for layer in value)


@frozen
class Chain(Layer):
    """
    Layers one behind the other, as one layer; without any, what arrives goes on as it is.

    Wherever a layer is wanted, a list or tuple of layers means their chain.

    Args:
        layers: The layers in order; their parameters are found by position: ``params["1.0.W"]`` for the first of a
            chain that is the second layer of a network.
    """

    sequential: ClassVar[bool] = True
    takes: ClassVar[Takes] = "either"

    layers: tuple[Layer, ...] = field(converter=as_layers)

    def children(self) -> tuple[tuple[int | str | None, Layer], ...]:
        return tuple(enumerate(self.layers))

    def out_shape(self, in_shape: Shapes) -> Shapes:
        for layer in self.layers:
            in_shape = layer.out_shape(in_shape)
        return in_shape

    def forward(self, x: Array, s: Scratch) -> Array:
        raise AssertionError("the layers of a chain are run in its place")

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        raise AssertionError("the layers of a chain are run in its place")
