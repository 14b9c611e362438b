"""Convolutions, poolings and what else works along the axes of images; Keras has their channels last."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...errors import FormatError
from ...layers import (
    AveragePool1D,
    AveragePool2D,
    AveragePool3D,
    Conv1D,
    Conv2D,
    Conv3D,
    ConvTranspose1D,
    ConvTranspose2D,
    ConvTranspose3D,
    GlobalAveragePool,
    GlobalMaxPool,
    Layer,
    MaxPool1D,
    MaxPool2D,
    MaxPool3D,
    Pad,
    Upsample,
)
from ...typing import Array
from ..assembly import Body, Step, Value
from ..assembly.body import Translation
from .model import Details

LARGEST_WINDOW = 1 << 16
"""The most places of a pooled window."""


def _convolution(kind: Any) -> Translation:
    def read(step: Step, value: Value, body: Body) -> Value:
        details: Details = step.node.detail
        w, bias = _weights(details, len(kind.axes()))
        options = _options(details, len(kind.axes()))
        options["groups"] = details.option("groups", 1)
        if options["padding"] == "causal":
            (size,), (apart,) = w.shape[:1], options["dilation"]
            options["padding"] = (((size - 1) * apart, 0),)
        layer = kind(w.shape[-1], w.shape[:-2], **options)
        return _add(layer, np.moveaxis(w, (-1, -2), (0, 1)), bias, details, value, body)

    return read


def _depthwise(step: Step, value: Value, body: Body) -> Value:
    details: Details = step.node.detail
    w, bias = _weights(details, 2)
    channels, each = w.shape[-2:]
    options = _options(details, 2) | {"groups": channels}
    w = np.moveaxis(w, (-2, -1), (0, 1)).reshape(channels * each, 1, *w.shape[:-2])
    return _add(Conv2D(channels * each, w.shape[2:], **options), w, bias, details, value, body)


def _transposed(kind: Any) -> Translation:
    def read(step: Step, value: Value, body: Body) -> Value:
        details: Details = step.node.detail
        details.only("output_padding", None)
        w, bias = _weights(details, len(kind.axes()))
        options = _options(details, len(kind.axes()))
        if options["padding"] == "valid":
            # Keras fills up where strides are longer than kernels.
            sizes = zip(options["stride"], w.shape[:-2], strict=True)
            options["output_padding"] = tuple(max(0, stride - size) for stride, size in sizes)
        layer = kind(w.shape[-2], w.shape[:-2], **options)
        return _add(layer, np.moveaxis(w, (-2, -1), (0, 1)), bias, details, value, body)

    return read


def _pooling(kind: Any) -> Translation:
    def read(step: Step, value: Value, body: Body) -> Value:
        details: Details = step.node.detail
        count = len(kind.axes())
        kernel = _each(details.option("pool_size", 2), count)
        if math.prod(kernel) > LARGEST_WINDOW or min(kernel) < 1:
            raise FormatError(f"windows of {kernel} are not supported")
        details.only("padding", "valid", "same")
        stride = _each(details.option("strides", kernel), count)
        layer = kind(kernel, stride, padding=details.option("padding", "valid"))
        return _added(layer, details, value, body)

    return read


def _global(layer: Layer) -> Translation:
    def read(step: Step, value: Value, body: Body) -> Value:
        details: Details = step.node.detail
        value = channels_first(value, details, body)
        keeps = bool(details.option("keepdims", False))
        seen = tuple(group if group in (value.axes[:1], value.axes[1:2]) else () for group in value.seen)
        seen = tuple(group for group in seen if group or keeps)
        return body.add(layer, value, Value(value.axes[:2], seen))

    return read


def _padding(step: Step, value: Value, body: Body) -> Value:
    details: Details = step.node.detail
    given = details.option("padding", 1)
    pairs = given if isinstance(given, list) and given and isinstance(given[0], list) else None
    if pairs is None and isinstance(given, list) and len(value.shape) == 2 and len(given) == 2:
        pairs = [given]  # one axis, with what is before and behind
    if pairs is None:
        pairs = [(n, n) for n in _each(given, len(value.shape) - 1)]
    return _added(Pad(tuple(tuple(pair) for pair in pairs)), details, value, body)


def _upsampling(step: Step, value: Value, body: Body) -> Value:
    details: Details = step.node.detail
    details.only("interpolation", "nearest", "bilinear")
    mode = "nearest" if details.option("interpolation", "nearest") == "nearest" else "linear"
    return _added(
        Upsample(_each(details.option("size", 2), len(value.shape) - 1), mode), details, value, body
    )


def channels_first(value: Value, details: Details, body: Body) -> Value:
    """
    Return images whose arrays have the channels first, however they are seen.

    Raises:
        FormatError: If they are last in the array as well, and there are several.
    """
    first = details.option("data_format", "channels_last") == "channels_first"
    places = value.axes[2:]
    if any(len(group) != 1 for group in value.seen) or len(value.seen) != len(value.axes):
        raise FormatError("images are wanted here")
    batch, *others = (group[0] for group in value.seen)
    wanted = [value.axes[1], *places] if first else [*places, value.axes[1]]
    if batch is value.axes[0] and others == wanted:
        return value
    sizes = value.sizes[1:]
    if first or sizes[-1] != 1 or not value.in_order():
        raise FormatError(
            "the channels are last in the samples of the network here; begin with them as channels"
        )
    turned = body.reshaped(value, [1, *sizes[:-1]])
    axes = turned.axes
    return Value(axes, tuple((axis,) for axis in (axes[0], *axes[2:], axes[1])))


def _added(layer: Layer, details: Details, value: Value, body: Body, **options: Any) -> Value:
    value = channels_first(value, details, body)
    out = Value.fresh(layer.out_shape(value.shape))
    if details.option("data_format", "channels_last") == "channels_last":
        out = out.transposed([0, *range(2, len(out.seen)), 1])
    return body.add(layer, value, out, **options)


def _add(layer: Any, w: Array, bias: Array, details: Details, value: Value, body: Body) -> Value:
    return _added(layer, details, value, body, weights={"W": w, "b": bias})


def _weights(details: Details, axes: int) -> tuple[Array, Array]:
    has_bias = bool(details.option("use_bias", True))
    w, *b = details.take(1 + has_bias)
    if w.ndim != axes + 2:
        raise FormatError(f"weights of {w.shape} are not those of windows of {axes} axes")
    outputs = details.option("filters", w.shape[-1])
    return w, b[0] if b else np.zeros(
        outputs if "filters" in details.config else w.shape[-1] * w.shape[-2], w.dtype
    )


def _options(details: Details, axes: int) -> dict[str, Any]:
    return {
        "stride": _each(details.option("strides", 1), axes),
        "dilation": _each(details.option("dilation_rate", 1), axes),
        "padding": details.option("padding", "valid"),
    }


def _each(value: Any, axes: int) -> tuple[int, ...]:
    found = tuple(value) if isinstance(value, (list, tuple)) else (value,) * axes
    if len(found) != axes or not all(type(one) is int for one in found):
        raise FormatError(f"{value!r} is no whole number for each of {axes} axes")
    return found


CONVOLUTIONS: dict[str, Translation] = {
    "Conv1D": _convolution(Conv1D),
    "Conv2D": _convolution(Conv2D),
    "Conv3D": _convolution(Conv3D),
    "Conv1DTranspose": _transposed(ConvTranspose1D),
    "Conv2DTranspose": _transposed(ConvTranspose2D),
    "Conv3DTranspose": _transposed(ConvTranspose3D),
    "DepthwiseConv2D": _depthwise,
}
"""Layers that may have an activation."""

TABLE: dict[str, Translation] = {
    "MaxPooling1D": _pooling(MaxPool1D),
    "MaxPooling2D": _pooling(MaxPool2D),
    "MaxPooling3D": _pooling(MaxPool3D),
    "AveragePooling1D": _pooling(AveragePool1D),
    "AveragePooling2D": _pooling(AveragePool2D),
    "AveragePooling3D": _pooling(AveragePool3D),
    **dict.fromkeys([f"GlobalAveragePooling{n}D" for n in (1, 2, 3)], _global(GlobalAveragePool())),
    **dict.fromkeys([f"GlobalMaxPooling{n}D" for n in (1, 2, 3)], _global(GlobalMaxPool())),
    **dict.fromkeys(("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"), _padding),
    **dict.fromkeys(("UpSampling1D", "UpSampling2D", "UpSampling3D"), _upsampling),
}
