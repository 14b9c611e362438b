"""Convolutions, poolings and their kin are those of PyTorch to 1e-8 in float64, gradients included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from attrs import evolve
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from synapse_rx import layers
from synapse_rx.errors import ShapeError
from synapse_rx.layers import (
    AveragePool2D,
    Conv1D,
    Conv2D,
    ConvTranspose2D,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    LocalResponseNorm,
    MaxPool1D,
    MaxPool2D,
    Pad,
    Upsample,
)
from synapse_rx.layers.convolution import conv, conv_transpose
from synapse_rx.layers.convolution.correlation import correlation
from tests.contracts.layer import Chain

pytestmark = pytest.mark.peer("torch")

N = 3
ORDERS = [None, (False, False), (False, True), (True, False), (True, True)]


def close(ours: Any, theirs: Any) -> None:
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-8, atol=1e-8)


def passes(layer: Any, x: Any, f: Any) -> None:
    """
    Compare the outputs of a layer without parameters, and dL/dx for random dL/dy, with those of f.
    """
    torch = pytest.importorskip("torch")
    chain = Chain(layer, x.shape[1:], len(x))
    y = chain.forward(x)
    dy = np.random.default_rng(1).standard_normal(y.shape)
    dx = chain.backward(dy)
    theirs_x = torch.tensor(x, requires_grad=True)
    theirs = f(torch.nn.functional, theirs_x)
    theirs.backward(torch.tensor(dy))

    assert y.shape == theirs.shape == (len(x), *layer.out_shape(x.shape[1:]))
    close(y, theirs)
    close(dx, theirs_x.grad)


def learns(layer: Any, in_shape: Any) -> None:
    """
    Compare outputs and every gradient of a (transposed) convolution with PyTorch's.
    """
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    chain, x = Chain(layer, in_shape, N), rng.standard_normal((N, *in_shape))
    y = chain.forward(x)
    dy = rng.standard_normal(y.shape)
    dx = chain.backward(dy)
    shape = layer.specs(in_shape)[0].shape
    size = int(np.prod(shape))
    ours = [dx, chain.grad[:size].reshape(shape), chain.grad[size:]]

    w = chain.theta[:size].reshape(shape)
    transposed = layer.kind.startswith("conv_transpose")
    given = [x, _swapped(w, layer.groups) if transposed else w, *([chain.theta[size:]] if layer.bias else [])]
    theirs = [torch.tensor(array, requires_grad=True) for array in given]
    pads = ((0, 0),) * len(layer.kernel) if layer.padding == "valid" else layer.padding
    options = {"stride": layer.stride, "groups": layer.groups, "dilation": layer.dilation}
    if transposed:
        options |= {"padding": [before for before, _ in pads], "output_padding": layer.output_padding}
    else:
        flat = [n for pair in reversed(pads) for n in pair]
    f = getattr(torch.nn.functional, layer.kind)
    source = theirs[0] if transposed else torch.nn.functional.pad(theirs[0], flat)
    their_y = f(source, *theirs[1:], **options)
    their_y.backward(torch.tensor(dy))

    assert y.shape == their_y.shape == (N, *layer.out_shape(in_shape))
    close(y, their_y)
    for index, (mine, their) in enumerate(zip(ours, theirs, strict=False)):
        close(_swapped(mine, layer.groups) if transposed and index == 1 else mine, their.grad)


def _swapped(w: Any, groups: int) -> Any:
    """
    Turn (outputs, inputs / groups, ...) into (inputs, outputs / groups, ...).
    """
    parted = w.reshape(groups, -1, *w.shape[1:]).swapaxes(1, 2)
    return np.ascontiguousarray(parted.reshape(-1, *parted.shape[2:]))


@st.composite
def geometries(draw: Any) -> tuple[int, int, int, tuple[int, ...], dict[str, Any]]:
    """
    Draw axes, channels, groups, sizes, and kernel, stride, dilation and padding for as many axes.
    """
    axes = draw(st.integers(1, 3))
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    each = lambda low, high: st.tuples(*[st.integers(low, high)] * axes)  # noqa: E731
    options = {
        "kernel": draw(each(1, 3)),
        "stride": draw(st.one_of(st.just((1,) * axes), each(1, 3))),
        "dilation": draw(st.one_of(st.just((1,) * axes), each(1, 2))),
        "padding": draw(
            st.one_of(st.just("valid"), st.tuples(*[st.tuples(*[st.integers(0, 2)] * 2)] * axes))
        ),
        "bias": draw(st.booleans()),
    }
    return (
        groups * draw(st.integers(1, 2)),
        groups * draw(st.integers(1, 2)),
        groups,
        draw(each(3, 7)),
        options,
    )


@pytest.mark.parametrize("order", ORDERS, ids=str)
@settings(max_examples=40, deadline=None)
@given(geometry=geometries())
def test_convolutions_of_any_geometry_and_order_of_memory(geometry: Any, order: Any) -> None:
    channels, maps, groups, sizes, options = geometry
    layer = getattr(layers, f"Conv{len(sizes)}D")(maps, groups=groups, **options)
    try:
        layer.out_shape((channels, *sizes))
    except ShapeError:
        assume(False)
    assume(order is None or not order[0] or set(layer.stride) == {1})

    with pytest.MonkeyPatch.context() as patch:
        _in_order(patch, conv, order)
        learns(layer, (channels, *sizes))


@pytest.mark.parametrize("order", ORDERS, ids=str)
@settings(max_examples=40, deadline=None)
@given(geometry=geometries(), extra=st.tuples(*[st.integers(0, 2)] * 3))
def test_transposed_convolutions_of_any_geometry_and_order_of_memory(
    geometry: Any, order: Any, extra: Any
) -> None:
    channels, maps, groups, sizes, options = geometry
    if options["padding"] != "valid":  # PyTorch cuts off equally much on both sides
        options["padding"] = tuple((before, before) for before, _ in options["padding"])
    padding = tuple(min(more, step - 1) for more, step in zip(extra, options["stride"], strict=False))
    layer = getattr(layers, f"ConvTranspose{len(sizes)}D")(
        maps, groups=groups, output_padding=padding, **options
    )
    try:
        layer.out_shape((channels, *sizes))
    except ShapeError:
        assume(False)
    assume(order is None or not order[0] or set(layer.stride) == {1})

    with pytest.MonkeyPatch.context() as patch:
        _in_order(patch, conv_transpose, order)
        learns(layer, (channels, *sizes))


def _in_order(patch: pytest.MonkeyPatch, module: Any, order: Any) -> None:
    if order is not None:
        in_runs, together = order
        patch.setattr(
            module,
            "correlation",
            lambda *args: evolve(correlation(*args), in_runs=in_runs, together=together),
        )


@pytest.mark.parametrize(
    ("layer", "in_shape"),
    [
        (Conv2D(10, 5), (1, 28, 28)),
        (Conv2D(20, 5), (10, 12, 12)),
        (Conv2D(32, 3), (1, 28, 28)),
        (Conv2D(64, 3), (32, 13, 13)),
        (Conv2D(64, 1), (32, 9, 9)),
        (Conv2D(96, 7), (40, 7, 7)),
        (Conv2D(32, 3, groups=32), (32, 12, 12)),
        (Conv1D(16, 9, padding=[(8, 0)]), (3, 300)),
        (ConvTranspose2D(10, 4, stride=2, padding=1), (20, 14, 14)),
        (ConvTranspose2D(1, 5), (10, 24, 24)),
    ],
    ids=str,
)
def test_convolutions_of_real_sizes(layer: Any, in_shape: Any) -> None:
    learns(layer, in_shape)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # it copies, as everybody must
@pytest.mark.parametrize("size", [5, 6, 7])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4])
@pytest.mark.parametrize("dilation", [1, 2])
def test_padding_to_the_same_size_is_that_of_pytorch(size: int, kernel: int, dilation: int) -> None:
    torch = pytest.importorskip("torch")
    layer, x = (
        Conv2D(2, kernel, padding="same", dilation=dilation),
        np.random.default_rng(0).random((N, 1, size, size)),
    )
    chain = Chain(layer, (1, size, size), N)
    w = torch.tensor(chain.theta[:-2].reshape(2, 1, kernel, kernel))

    close(
        chain.forward(x),
        torch.nn.functional.conv2d(
            torch.tensor(x), w, torch.tensor(chain.theta[-2:]), padding="same", dilation=dilation
        ),
    )


@settings(max_examples=200, deadline=None)
@given(data=st.data(), ties=st.booleans())
def test_pooling_with_windows_of_any_geometry(data: Any, ties: bool) -> None:
    axes, average = data.draw(st.integers(1, 3)), data.draw(st.booleans())
    each = lambda low, high: st.tuples(*[st.integers(low, high)] * axes)  # noqa: E731
    kernel, stride, sizes = data.draw(each(1, 4)), data.draw(each(1, 4)), data.draw(each(3, 9))
    padding = tuple(data.draw(st.integers(0, k // 2)) for k in kernel)
    ceil, counted = data.draw(st.booleans()), data.draw(st.booleans())
    options: dict[str, Any] = {"padding": padding, "ceil": ceil} | (
        {"count_padding": counted} if average else {}
    )
    layer = getattr(layers, f"{'Average' if average else 'Max'}Pool{axes}D")(kernel, stride, **options)
    assume(all(k <= n for k, n in zip(kernel, sizes, strict=True)))
    rng = np.random.default_rng(0)
    shape = (N, 2, *sizes)
    x = rng.integers(-1, 2, shape).astype(float) if ties else rng.standard_normal(shape)

    def theirs(f: Any, x: Any) -> Any:
        if average:
            return getattr(f, f"avg_pool{axes}d")(x, kernel, stride, padding, ceil, counted)
        return getattr(f, f"max_pool{axes}d")(x, kernel, stride, padding, ceil_mode=ceil)

    passes(layer, x, theirs)


def image(*shape: int) -> Any:
    return np.random.default_rng(0).standard_normal((N, *shape))


@pytest.mark.parametrize(
    ("layer", "x", "f"),
    [
        (MaxPool1D(2), image(2, 9), lambda f, x: f.max_pool1d(x, 2)),
        (MaxPool2D(2), image(3, 24, 24), lambda f, x: f.max_pool2d(x, 2)),
        (AveragePool2D(2), image(3, 24, 24), lambda f, x: f.avg_pool2d(x, 2)),
        (GlobalAveragePool(), image(3, 5, 4), lambda f, x: f.adaptive_avg_pool2d(x, 1).flatten(1)),
        (GlobalMaxPool(), image(3, 5, 4), lambda f, x: f.adaptive_max_pool2d(x, 1).flatten(1)),
        (GlobalMaxPool(), np.round(image(3, 9)), lambda f, x: f.adaptive_max_pool1d(x, 1).flatten(1)),
        (Upsample(3), image(2, 4), lambda f, x: f.interpolate(x, scale_factor=3)),
        (Upsample((2, 3)), image(2, 4, 3), lambda f, x: f.interpolate(x, scale_factor=(2, 3))),
        (Upsample(2), image(2, 3, 2, 1), lambda f, x: f.interpolate(x, scale_factor=2)),
        (Upsample(4, "linear"), image(2, 5), lambda f, x: f.interpolate(x, scale_factor=4, mode="linear")),
        (
            Upsample((3, 2), "linear"),
            image(2, 4, 1),
            lambda f, x: f.interpolate(x, scale_factor=(3, 2), mode="bilinear"),
        ),
        (
            Upsample((2, 1, 5), "linear"),
            image(1, 2, 3, 4),
            lambda f, x: f.interpolate(x, scale_factor=(2, 1, 5), mode="trilinear"),
        ),
        (Pad(((1, 2), (0, 3)), value=0.7), image(2, 3, 4), lambda f, x: f.pad(x, (0, 3, 1, 2), value=0.7)),
        (Pad(((1, 2), (0, 3)), "edge"), image(2, 3, 4), lambda f, x: f.pad(x, (0, 3, 1, 2), "replicate")),
        (Pad(((2, 2), (0, 3)), "reflect"), image(2, 3, 4), lambda f, x: f.pad(x, (0, 3, 2, 2), "reflect")),
        (Pad(((3, 2), (0, 4)), "wrap"), image(2, 3, 4), lambda f, x: f.pad(x, (0, 4, 3, 2), "circular")),
        (Flatten(), image(2, 3, 4), lambda f, x: x.flatten(1)),
        (
            LocalResponseNorm(5, alpha=0.3, beta=0.6, k=1.5),
            image(7, 3, 2),
            lambda f, x: f.local_response_norm(x, 5, 0.3, 0.6, 1.5),
        ),
        (
            LocalResponseNorm(3, alpha=2, k=1),
            image(2, 6),
            lambda f, x: f.local_response_norm(x, 3, 2, 0.75, 1),
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, layers.Layer) else "",
)
def test_layers_without_parameters(layer: Any, x: Any, f: Any) -> None:
    passes(layer, x, f)
