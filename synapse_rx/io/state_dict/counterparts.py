"""What layers are in PyTorch: the names and the arrangement of their weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from attrs import frozen

from ...layers import (
    GRU,
    LSTM,
    RNN,
    BatchNorm,
    Conv1D,
    Conv2D,
    Conv3D,
    ConvTranspose1D,
    ConvTranspose2D,
    ConvTranspose3D,
    Dense,
    Embedding,
    Layer,
    LayerNorm,
    MultiHeadAttention,
    PReLU,
)
from ...network.places import Place
from ...typing import Array
from .attention import Attention
from .recurrence import Gates

Arrays = Mapping[str, Array]
"""Arrays by name, of one layer or module."""

CONVOLUTIONS: dict[type[Layer], str] = {Conv1D: "Conv1d", Conv2D: "Conv2d", Conv3D: "Conv3d"}
TRANSPOSED: dict[type[Layer], str] = {
    ConvTranspose1D: "ConvTranspose1d",
    ConvTranspose2D: "ConvTranspose2d",
    ConvTranspose3D: "ConvTranspose3d",
}


class Counterpart(Protocol):
    """
    A layer's module in PyTorch.

    Attributes:
        module: What PyTorch calls it.
    """

    @property
    def module(self) -> str: ...

    def there(self, own: Arrays) -> dict[str, Array]:
        """Return what the module has, from what the layer has, parameters and kept values alike."""
        ...

    def back(self, theirs: Arrays) -> dict[str, Array]:
        """Return what the layer has, from what the module has; shapes of one size but other axes may differ."""
        ...


@frozen
class Renamed:
    """A module whose tensors are those of the layer, under other names, and W perhaps with its axes in other places."""

    module: str
    names: Mapping[str, str]
    turn: Callable[[Array], Array]
    """Takes W there, and back."""

    def there(self, own: Arrays) -> dict[str, Array]:
        return {self.names[name]: self._turned(name, array) for name, array in own.items()}

    def back(self, theirs: Arrays) -> dict[str, Array]:
        ours = {there: here for here, there in self.names.items()}
        return {ours[name]: self._turned(ours[name], array) for name, array in theirs.items() if name in ours}

    def _turned(self, name: str, array: Array) -> Array:
        return self.turn(array) if name in ("W", "a", "scale", "shift", "mean", "variance") else array


def counterpart(place: Place) -> Counterpart | None:
    """Return what a primitive layer in its place is in PyTorch; None if it is nothing there."""
    layer = place.layer
    kind = type(layer)
    if isinstance(layer, Dense):
        return Renamed("Linear", {"W": "weight", "b": "bias"}, np.transpose)
    if kind in CONVOLUTIONS:
        return Renamed(CONVOLUTIONS[kind], {"W": "weight", "b": "bias"}, _as_it_is)
    if isinstance(layer, (ConvTranspose1D, ConvTranspose2D, ConvTranspose3D)):
        groups = layer.groups
        return Renamed(TRANSPOSED[kind], {"W": "weight", "b": "bias"}, lambda w: _swapped(w, groups))
    if isinstance(layer, Embedding):
        return Renamed("Embedding", {"W": "weight"}, _as_it_is)
    if isinstance(layer, BatchNorm):
        names = {"scale": "weight", "shift": "bias", "mean": "running_mean", "variance": "running_var"}
        return Renamed("BatchNorm", names, np.ravel)
    if isinstance(layer, LayerNorm):
        return _layer_norm(layer, place)
    if isinstance(layer, PReLU):
        flat = layer.per != "element" or len(place.in_shape) == 1
        return Renamed("PReLU", {"a": "weight"}, np.ravel) if flat else None
    if isinstance(layer, MultiHeadAttention):
        return Attention.of(layer, place.specs)
    if isinstance(layer, (RNN, LSTM, GRU)):
        return Gates.of(layer)
    return None


def _layer_norm(layer: LayerNorm, place: Place) -> Counterpart | None:
    """Return it if it goes along the last axes, the only ones that PyTorch normalises along."""
    count = len(place.in_shape)
    asked = layer.axes if isinstance(layer.axes, tuple) else (layer.axes,)
    along = range(count) if layer.axes is None else sorted(axis % count for axis in asked if axis is not None)
    if list(along) != list(range(count - len(along), count)):
        return None
    return Renamed("LayerNorm", {"scale": "weight", "shift": "bias"}, _as_it_is)


def _as_it_is(array: Array) -> Array:
    return array


def _swapped(w: Array, groups: int) -> Array:
    """Turn (outputs, inputs / groups, *kernel) into (inputs, outputs / groups, *kernel), and back."""
    parted = w.reshape(groups, -1, *w.shape[1:]).swapaxes(1, 2)
    return parted.reshape(-1, *parted.shape[2:])
