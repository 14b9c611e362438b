"""Layers that give samples another shape, in ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....layers import Flatten, Pad, PositionalEncoding, Reshape, Upsample
from ....layers.attention.positional_encoding import positions
from ....network.places import Place
from .graph import INFER, Graph, Translation, Untranslatable


def flatten(place: Place, x: str, g: Graph) -> str:
    return g.node("Flatten", x, axis=1)


def reshape(place: Place, x: str, g: Graph) -> str:
    return g.reshape(x, INFER, *place.out_shape)


def pad(place: Place, x: str, g: Graph) -> str:
    layer: Any = place.layer
    axes = len(place.in_shape) - 1
    pads = layer.padding if isinstance(layer.padding, tuple) else ((layer.padding, layer.padding),) * axes
    if layer.mode == "wrap":  # only newer versions of ONNX know it
        for axis, (before, behind) in enumerate(pads, start=2):
            x = _wrapped(x, axis, place.in_shape[axis - 1], before, behind, g)
        return x
    by_end = g.whole(0, 0, *(before for before, _ in pads), 0, 0, *(behind for _, behind in pads))
    value = (g.constant(layer.value),) if layer.mode == "constant" else ()
    return g.node("Pad", x, by_end, *value, mode=layer.mode)


def upsample(place: Place, x: str, g: Graph) -> str:
    layer: Any = place.layer
    channels, *sizes = place.in_shape
    factors = [out // size for out, size in zip(place.out_shape[1:], sizes, strict=True)]
    if layer.mode == "nearest":
        how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return g.node("Resize", x, "", g.constant([1, 1, *factors]), **how)
    if len(sizes) > 3:
        raise Untranslatable("linear interpolation is for at most three axes there")
    how = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    if len(sizes) > 1:
        return g.node("Resize", x, "", g.constant([1, 1, *factors]), **how)
    image = g.reshape(x, INFER, channels, 1, *sizes)  # runtimes interpolate images and volumes
    y = g.node("Resize", image, "", g.constant([1, 1, 1, *factors]), **how)
    return g.reshape(y, INFER, *place.out_shape)


def positional_encoding(place: Place, x: str, g: Graph) -> str:
    layer: Any = place.layer
    steps, features = place.in_shape
    return g.node("Add", x, g.constant(positions(steps, features, layer.longest)))


def _wrapped(x: str, axis: int, size: int, before: int, behind: int, g: Graph) -> str:
    parts = [x]
    if before:
        parts.insert(0, _slice(x, axis, size - before, size, g))
    if behind:
        parts.append(_slice(x, axis, 0, behind, g))
    return g.node("Concat", *parts, axis=axis) if len(parts) > 1 else x


def _slice(x: str, axis: int, start: int, stop: int, g: Graph) -> str:
    return g.node("Slice", x, *(g.constant([n], np.int64) for n in (start, stop, axis)))


TABLE: dict[type, Translation] = {
    Flatten: flatten,
    Reshape: reshape,
    Pad: pad,
    Upsample: upsample,
    PositionalEncoding: positional_encoding,
}
