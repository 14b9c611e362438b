"""Normalisations in ONNX, and what does nothing once training is over."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ....layers import (
    BatchNorm,
    Dropout,
    GaussianDropout,
    LayerNorm,
    LocalResponseNorm,
    SpatialDropout,
)
from ....network.places import Place
from .graph import INFER, Graph, Translation


def batch_norm(place: Place, x: str, g: Graph) -> str:
    layer, own = _layer(place), g.parameters(place)
    shape = own["mean"].shape
    scale, shift = ("scale", np.ones(shape)), ("shift", np.zeros(shape))
    named = [
        g.parameter(place, name, own.get(name, default).reshape(-1))
        for name, default in (scale, shift, ("mean", None), ("variance", None))
    ]
    rows = x if len(shape) == 1 else g.node("Flatten", x, axis=1)
    y = g.node("BatchNormalization", rows, *named, epsilon=layer.epsilon)
    return y if len(shape) == 1 else g.reshape(y, INFER, *place.out_shape)


def layer_norm(place: Place, x: str, g: Graph) -> str:
    layer, own = _layer(place), g.parameters(place)
    count = len(place.in_shape)
    asked = range(count) if layer.axes is None else np.atleast_1d(layer.axes)
    axes = sorted(int(axis) % count for axis in asked)
    broad = tuple(size if axis in axes else 1 for axis, size in enumerate(place.in_shape))
    if axes == list(range(axes[0], count)):
        scale = g.parameter(place, "scale", own.get("scale", np.ones(broad[axes[0] :])))
        shift = (g.parameter(place, "shift"),) if "shift" in own else ()
        return g.node("LayerNormalization", x, scale, *shift, axis=axes[0] + 1, epsilon=layer.epsilon)
    along = {"axes": [axis + 1 for axis in axes], "keepdims": 1}
    centred = g.node("Sub", x, g.node("ReduceMean", x, **along))
    variance = g.node("ReduceMean", g.node("Mul", centred, centred), **along)
    y = g.node("Div", centred, g.node("Sqrt", g.node("Add", variance, g.constant(layer.epsilon))))
    if not layer.affine:
        return y
    y = g.node("Mul", y, g.parameter(place, "scale", own["scale"].reshape(broad)))
    return g.node("Add", y, g.parameter(place, "shift", own["shift"].reshape(broad)))


def local_response_norm(place: Place, x: str, g: Graph) -> str:
    layer, (channels, *sizes) = _layer(place), place.in_shape
    if layer.size % 2:
        image = x if len(sizes) == 2 else g.reshape(x, INFER, channels, math.prod(sizes), 1)
        options = {"size": layer.size, "alpha": layer.alpha, "beta": layer.beta, "bias": layer.k}
        y = g.node("LRN", image, **options)
        return y if len(sizes) == 2 else g.reshape(y, INFER, *place.out_shape)
    # Runtimes want an odd size there; the mean over neighbours is a pooling along the channels.
    pads = [(layer.size - 1) // 2, 0, layer.size // 2, 0]
    squares = g.reshape(g.node("Mul", x, x), INFER, 1, channels, math.prod(sizes))
    squares = g.node("Pad", squares, g.whole(0, 0, *pads[:2], 0, 0, *pads[2:]))
    mean = g.reshape(g.node("AveragePool", squares, kernel_shape=[layer.size, 1]), INFER, *place.out_shape)
    divisor = g.node("Add", g.node("Mul", mean, g.constant(layer.alpha)), g.constant(layer.k))
    return g.node("Mul", x, g.node("Pow", divisor, g.constant(-layer.beta)))


def identity(place: Place, x: str, g: Graph) -> str:
    return x


def _layer(place: Place) -> Any:
    return place.layer


TABLE: dict[type, Translation] = {
    BatchNorm: batch_norm,
    LayerNorm: layer_norm,
    LocalResponseNorm: local_response_norm,
    **dict.fromkeys((Dropout, SpatialDropout, GaussianDropout), identity),
}
