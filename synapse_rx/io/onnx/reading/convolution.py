"""Convolutions and poolings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ....errors import FormatError
from ....layers import (
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
)
from ....layers.windows import windows
from ....typing import Array, Shape
from ...assembly import Body, Step, Value
from ...assembly.weights import FLOATS
from ..writing.convolution import by_input
from .graph import Operation

CONV = {1: Conv1D, 2: Conv2D, 3: Conv3D}
TRANSPOSED = {1: ConvTranspose1D, 2: ConvTranspose2D, 3: ConvTranspose3D}
MAX = {1: MaxPool1D, 2: MaxPool2D, 3: MaxPool3D}
AVERAGE = {1: AveragePool1D, 2: AveragePool2D, 3: AveragePool3D}
LARGEST_WINDOW = 1 << 16
"""The most places of a pooled window."""


def convolution(step: Step, value: Value, body: Body) -> Value:
    about: Operation = step.node.detail
    value, w = body.plain(value), _weights(about)
    axes = _axes(value, w.ndim - 2)
    options = _options(about, w.shape[2:])
    options["padding"] = _padding(about, value.shape[1:], w.shape[2:], options["stride"], options["dilation"])
    return _add(CONV[axes](w.shape[0], w.shape[2:], **options), w, about, value, body)


def transposed(step: Step, value: Value, body: Body) -> Value:
    about: Operation = step.node.detail
    value, w = body.plain(value), _weights(about)
    axes = _axes(value, w.ndim - 2)
    about.only("output_shape", None)
    options = _options(about, w.shape[2:])
    if w.shape[0] % options["groups"]:
        raise FormatError(f"{options['groups']} groups do not part {w.shape[0]} channels")
    auto = about.option("auto_pad", "NOTSET")
    if auto == "NOTSET":
        options["padding"] = _pairs(about.option("pads", [0] * 2 * axes), axes)
        options["output_padding"] = tuple(about.option("output_padding", [0] * axes))
    elif auto in ("SAME_UPPER", "VALID"):
        options["padding"] = "same" if auto == "SAME_UPPER" else "valid"
    else:
        raise FormatError(f"auto_pad={auto} is not supported for it")
    w = by_input(w, options["groups"])
    return _add(TRANSPOSED[axes](w.shape[0], w.shape[2:], **options), w, about, value, body)


def max_pool(step: Step, value: Value, body: Body) -> Value:
    step.node.detail.only("storage_order", 0)
    return _pool(MAX, {}, step, value, body)


def average_pool(step: Step, value: Value, body: Body) -> Value:
    counts = bool(step.node.detail.option("count_include_pad", 0))
    return _pool(AVERAGE, {"count_padding": counts}, step, value, body)


def global_average(step: Step, value: Value, body: Body) -> Value:
    return over_places(GlobalAveragePool(), list(range(2, len(value.seen))), True, value, body)


def global_max(step: Step, value: Value, body: Body) -> Value:
    return over_places(GlobalMaxPool(), list(range(2, len(value.seen))), True, value, body)


def reduced(layer: Layer) -> Any:
    """Return what reads a mean or maximum along axes, which must be all those behind the channels."""

    def read(step: Step, value: Value, body: Body) -> Value:
        about: Operation = step.node.detail
        given = about.constant(1)
        axes = about.option("axes", None) if given is None else given.ravel().tolist()
        if not axes:
            raise FormatError("a mean or maximum over everything is not supported")
        places = [axis % len(value.seen) for axis in axes]
        return over_places(layer, places, bool(about.option("keepdims", 1)), value, body)

    return read


def over_places(layer: Layer, axes: list[int], keeps: bool, value: Value, body: Body) -> Value:
    """Add a layer that makes one number of each channel."""
    groups = {value.seen[axis] for axis in axes}
    if groups != {(axis,) for axis in value.axes[2:]} or len(value.axes) < 3:
        raise FormatError(
            "a mean or maximum along other axes than all those behind the channels is not supported"
        )
    keep = [
        () if axis in axes else group for axis, group in enumerate(value.seen) if keeps or axis not in axes
    ]
    return body.add(layer, value, Value(value.axes[:2], tuple(keep)))


def _pool(kinds: dict[int, Any], more: dict[str, Any], step: Step, value: Value, body: Body) -> Value:
    about: Operation = step.node.detail
    value = body.plain(value)
    kernel = tuple(about.option("kernel_shape", ()))
    axes = _axes(value, len(kernel))
    if min(kernel) < 1 or math.prod(kernel) > LARGEST_WINDOW:
        raise FormatError(f"windows of {kernel} are not supported")
    if any(d != 1 for d in about.option("dilations", [1])):
        raise FormatError("dilated windows are not supported for poolings")
    stride = tuple(about.option("strides", [1] * axes))
    padding = _padding(about, value.shape[1:], kernel, stride, (1,) * axes)
    layer = kinds[axes](kernel, stride, padding=padding, ceil=bool(about.option("ceil_mode", 0)), **more)
    return body.add(layer, value, Value.fresh(layer.out_shape(value.shape)))


def _add(layer: Any, w: Array, about: Operation, value: Value, body: Body) -> Value:
    b = about.constant(2)
    if b is None and about.given(2):
        raise FormatError("the bias must be a constant")
    bias = np.zeros(len(w), w.dtype) if b is None else b.astype(w.dtype)
    out = Value.fresh(layer.out_shape(value.shape))
    return body.add(layer, value, out, weights={"W": w, "b": bias}, units=out.axes[1])


def _weights(about: Operation) -> Array:
    w = about.wanted(1)
    if w.dtype not in FLOATS:
        raise FormatError(f"weights of the type {w.dtype} are not supported")
    return w


def _axes(value: Value, axes: int) -> int:
    if axes not in CONV or len(value.shape) != axes + 1:
        raise FormatError(f"windows of {axes} axes do not fit samples of {value.shape}")
    return axes


def _options(about: Operation, kernel: Shape) -> dict[str, Any]:
    if tuple(about.option("kernel_shape", kernel)) != kernel:
        raise FormatError(
            f"the kernel is {about.option('kernel_shape', ())}, but its weights are for {kernel}"
        )
    ones = [1] * len(kernel)
    return {
        "stride": tuple(about.option("strides", ones)),
        "dilation": tuple(about.option("dilations", ones)),
        "groups": about.option("group", 1),
    }


def _padding(about: Operation, sizes: Shape, kernel: Shape, stride: Shape, dilation: Shape) -> Any:
    auto = about.option("auto_pad", "NOTSET")
    if auto == "NOTSET":
        return _pairs(about.option("pads", [0] * 2 * len(kernel)), len(kernel))
    if auto in ("VALID", "SAME_UPPER"):
        return "valid" if auto == "VALID" else "same"
    if auto != "SAME_LOWER":
        raise FormatError(f"auto_pad={auto} is not supported")
    pads = windows(sizes, kernel, stride, dilation, "same").pads
    return tuple((behind, before) for before, behind in pads)


def _pairs(pads: list[int], axes: int) -> tuple[tuple[int, int], ...]:
    if len(pads) != 2 * axes:
        raise FormatError(f"{pads} is no padding of {axes} axes")
    return tuple(zip(pads[:axes], pads[axes:], strict=True))


TABLE = {
    "Conv": convolution,
    "ConvTranspose": transposed,
    "MaxPool": max_pool,
    "AveragePool": average_pool,
    "GlobalAveragePool": global_average,
    "GlobalMaxPool": global_max,
    "ReduceMean": reduced(GlobalAveragePool()),
    "ReduceMax": reduced(GlobalMaxPool()),
}
