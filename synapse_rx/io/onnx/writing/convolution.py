"""Convolutions and poolings in ONNX."""

from __future__ import annotations

from typing import Any

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
    MaxPool1D,
    MaxPool2D,
    MaxPool3D,
)
from ....layers.windows import Pads, windows
from ....network.places import Place
from ....typing import Array
from .graph import Graph, Translation


def convolution(place: Place, x: str, g: Graph) -> str:
    layer: Any = place.layer
    pads = windows(place.in_shape[1:], layer.kernel, layer.stride, layer.dilation, layer.padding).pads
    return g.node("Conv", x, g.parameter(place, "W"), *_bias(place, g), pads=_by_end(pads), **_steps(layer))


def transposed(place: Place, x: str, g: Graph) -> str:
    layer: Any = place.layer
    axes = zip(
        place.in_shape[1:], place.out_shape[1:], layer.kernel, layer.stride, layer.dilation, strict=True
    )
    # What a padding takes away, and what is missing behind where strides are longer than kernels.
    missing = [size - ((n - 1) * s + (k - 1) * d + 1) for n, size, k, s, d in axes]
    if layer.padding == "same":
        pads = tuple((cut // 2, cut - cut // 2) for cut in (max(0, -more) for more in missing))
        extra = [max(0, more) for more in missing]
    else:
        pads = ((0, 0),) * len(layer.kernel) if isinstance(layer.padding, str) else layer.padding
        extra = list(layer.output_padding)
    w = g.parameter(place, "W", by_input(g.parameters(place)["W"], layer.groups))
    options = {"pads": _by_end(pads), "output_padding": extra, **_steps(layer)}
    return g.node("ConvTranspose", x, w, *_bias(place, g), **options)


def by_input(w: Array, groups: int) -> Array:
    """
    Return the weights of a transposed convolution as ONNX has them; and those of ONNX as they are here.

    Shapes:
        (outputs, inputs / groups, *kernel) to (inputs, outputs / groups, *kernel), and back
    """
    parted = w.reshape(groups, w.shape[0] // groups, *w.shape[1:]).swapaxes(1, 2)
    return parted.reshape(-1, *parted.shape[2:])


def max_pool(place: Place, x: str, g: Graph) -> str:
    layer: Any = place.layer
    return g.node("MaxPool", x, pads=_by_end(_pads(place)), kernel_shape=layer.kernel, strides=layer.stride)


def average_pool(place: Place, x: str, g: Graph) -> str:
    layer: Any = place.layer
    pads = _pads(place)
    if layer.count_padding:
        # Zeros that were asked for count; what rounding up adds behind them does not.
        asked = windows(place.in_shape[1:], *_geometry(layer), layer.padding).pads
        x = g.node("Pad", x, g.whole(0, 0, *(a for a, _ in asked), 0, 0, *(b for _, b in asked)))
        pads = tuple((0, max(0, b - was)) for (_, b), (_, was) in zip(pads, asked, strict=True))
    return g.node("AveragePool", x, pads=_by_end(pads), kernel_shape=layer.kernel, strides=layer.stride)


def global_average(place: Place, x: str, g: Graph) -> str:
    return g.node("Flatten", g.node("GlobalAveragePool", x), axis=1)


def global_max(place: Place, x: str, g: Graph) -> str:
    return g.node("Flatten", g.node("GlobalMaxPool", x), axis=1)


def _pads(place: Place) -> Pads:
    layer: Any = place.layer
    return windows(place.in_shape[1:], *_geometry(layer), layer.padding, layer.ceil).pads


def _geometry(layer: Any) -> tuple[Any, Any, Any]:
    return layer.kernel, layer.stride, (1,) * len(layer.kernel)


def _steps(layer: Any) -> dict[str, Any]:
    return {
        "kernel_shape": layer.kernel,
        "strides": layer.stride,
        "dilations": layer.dilation,
        "group": layer.groups,
    }


def _bias(place: Place, g: Graph) -> tuple[str, ...]:
    return (g.parameter(place, "b"),) if "b" in g.parameters(place) else ()


def _by_end(pads: Pads) -> list[int]:
    return [before for before, _ in pads] + [behind for _, behind in pads]


TABLE: dict[type, Translation] = {
    **dict.fromkeys((Conv1D, Conv2D, Conv3D), convolution),
    **dict.fromkeys((ConvTranspose1D, ConvTranspose2D, ConvTranspose3D), transposed),
    **dict.fromkeys((MaxPool1D, MaxPool2D, MaxPool3D), max_pool),
    **dict.fromkeys((AveragePool1D, AveragePool2D, AveragePool3D), average_pool),
    GlobalAveragePool: global_average,
    GlobalMaxPool: global_max,
}
