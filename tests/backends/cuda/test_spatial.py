"""Layers along the axes behind the channels, by the kernels of devices: what numpy comes to."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.backends import Backend, NumpyBackend
from synapse_rx.backends.cuda import ConvKernels, Product
from synapse_rx.backends.cuda.conv_geometry import divisor
from synapse_rx.backends.cuda.conv_source import GATHERING, WEIGHING
from synapse_rx.backends.cuda.product import TILES
from synapse_rx.backends.cuda.tiles import Tile, cut
from synapse_rx.layers import Layer
from tests.backends.test_layers import _passed
from tests.backends.test_training import Here, trained
from tests.contracts.layer import N, samples
from tests.layers.examples import EXAMPLES
from tests.nets import SECONDS
from tests.strict import StrictArray, StrictBackend
from tests.strict.cuda import EmulatedKernel

HERE = NumpyBackend()
MODULES = ("convolution", "pooling", "local_response_norm", "upsample", "pad")
SPATIAL = [one for one in EXAMPLES if any(word in type(one[0]).__module__ for word in MODULES)]
VIEWS = ("ndarray.reshape",)
"""What is no work for a device."""

FOLLOWERS = {
    "sigmoid": [sx.Activation("sigmoid")],
    "maxima": [sx.MaxPool2D(2)],
    "relu, maxima": [sx.Activation("relu"), sx.MaxPool2D(2)],
    "tanh, maxima": [sx.Activation("tanh"), sx.MaxPool2D((1, 4))],
    "maxima, relu": [sx.MaxPool2D(2), sx.Activation("relu")],
    "maxima, sigmoid": [sx.MaxPool2D((4, 1)), sx.Activation("sigmoid")],
    "maxima of nine, relu": [sx.MaxPool2D(3), sx.Activation("relu")],
    "relu, maxima that overlap": [sx.Activation("relu"), sx.MaxPool2D(2, 1)],
}


def agree(layer: Layer, in_shape: Any, backend: Backend, n: int = N, whole: bool = False) -> None:
    for dtype, tolerance in ((np.float32, 2e-5), (np.float64, 1e-10)):
        x, dy = samples(in_shape, n, dtype), samples(layer.out_shape(in_shape), n, dtype, seed=2)
        if whole:
            x = np.round(x)  # so that some are equal
        found, expected = (_passed(layer, in_shape, x, dy, dtype, True, one) for one in (backend, HERE))
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("layer", "in_shape"), SPATIAL, ids=str)
def test_every_layer_passes_values_and_gradients_as_on_numpy(
    layer: Layer, in_shape: Any, fused: Backend
) -> None:
    agree(layer, in_shape, fused)


@pytest.mark.parametrize("behind", FOLLOWERS.values(), ids=FOLLOWERS)
def test_what_follows_a_convolution_is_done_with_it(behind: Any, fused: Backend) -> None:
    # The last layer of a row stays by itself.
    layer = sx.Chain([sx.Conv2D(5, (2, 3), padding=(0, 1)), *behind, sx.Activation("softplus")])

    for whole in (False, True):
        agree(layer, (3, 8, 9), fused, whole=whole)


@pytest.mark.parametrize("tile", GATHERING, ids=lambda tile: tile.name)
def test_convolutions_around_the_sizes_of_tiles(tile: Tile, fused: Backend) -> None:
    for channels in (tile.rows - 1, tile.rows + 1):
        agree(sx.Conv2D(channels, (1, 3), stride=(1, 2)), (2, 1, 2 * tile.columns // N + 3), fused)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("tile", TILES, ids=lambda tile: tile.name)
def test_products_around_the_sizes_of_tiles(tile: Tile, dtype: Any, fused: Backend) -> None:
    assert fused.kernels is not None
    product = fused.kernels.get(Product, dtype)
    assert product is not None
    rng, send, tolerance = np.random.default_rng(3), fused.from_host, 1e-5 if dtype == np.float32 else 1e-12
    for n, units, k in (
        (tile.rows, tile.columns, tile.depth),
        (tile.rows + 1, tile.columns - 1, tile.depth - 1),
    ):
        x, w, b = rng.random((n, k)), rng.random((k, units)), rng.random(units)
        y = fused.xp.empty((n, units), dtype)
        product._tried = tile, False
        product.forward(send(x, dtype), send(w, dtype), send(b, dtype), y, 0)
        product._tried = None

        np.testing.assert_allclose(fused.to_host(y), x @ w + b, rtol=tolerance)


@pytest.mark.parametrize("kind", [Product, ConvKernels])
def test_sums_are_the_same_bit_for_bit_whichever_thread_goes_first(kind: Any, emulated: None) -> None:
    rng, found = np.random.default_rng(5), []
    x = rng.standard_normal((N, 2, 17, 70)).astype("float32")
    layer = sx.Conv2D(9, 3, "relu") if kind is ConvKernels else sx.Dense(11, "tanh")
    dy = rng.standard_normal((N, *layer.out_shape(x.shape[1:]))).astype("float32")
    for EmulatedKernel.backwards in (True, False):
        found.append(_passed(layer, x.shape[1:], x, dy, np.float32, True, StrictBackend(fused=True)))

    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)
    assert "add_parts" in EmulatedKernel.launched


def test_sizes_alone_decide_how_a_product_is_cut() -> None:
    few, many = cut(TILES, 128, 100, 784, 1, 1), cut(TILES, 128, 100, 784, 1, 99)
    large, tall = cut(TILES, 4096, 4096, 4096, 1, 99), cut(WEIGHING, 10, 26, 57600, 1, 999)

    assert (few[0].name, few[1]) == ("16x16", 784)  # so that 56 multiprocessors have something to do
    assert many[1] < 784
    assert (large[0].name, large[1]) == ("128x128", 4096)
    assert tall[0].name == "16x32"
    assert 128 <= 57600 // tall[1] <= 256


def test_quotients_by_multiplication() -> None:
    k = np.unique(np.random.default_rng(1).integers(0, 2**31, 5000) // 2 ** np.arange(5000).clip(0, 30))
    for d in (1, 2, 3, 7, 24, 576, 1000, 65537, 2**31 - 1):
        m, s = divisor(d)

        np.testing.assert_array_equal(((k * (m % 2**32) >> 32) + k) >> s, k // d)


CNN = [
    sx.Input((1, 12, 12)),
    sx.Conv2D(3, 3, "relu"),
    sx.MaxPool2D(2),
    sx.Conv2D(4, 2, "tanh", padding="same"),
    sx.MaxPool2D(2),
    sx.Dense(7, "relu"),
    sx.Dense(3, "softmax"),
]
IMAGES = sx.training_set(
    np.random.default_rng(2).integers(0, 256, (15, 1, 12, 12)).astype(np.uint8),
    [0, 1, 2] * 5,
    batch=5,
    shuffle="epoch",
    dtype="uint8",
    scale=1 / 255,
)


@pytest.mark.parametrize(
    ("algorithm", "dtype", "tolerance"), [("backprop", "float32", 1e-5), ("adam", "float64", 1e-10)]
)
def test_a_convolutional_network_after_a_hundred_steps(
    algorithm: str, dtype: str, tolerance: float, fused: Backend
) -> None:
    net = sx.neural_net(CNN, sx.training(algorithm, learning_rate=0.01), dtype=dtype).value

    found, expected = (trained(net, IMAGES, one, 34) for one in (fused, Here()))

    np.testing.assert_allclose(found.params.flat, expected.params.flat, rtol=tolerance, atol=tolerance)
    assert np.abs(found.params.flat - net.params.flat).max() > 0.01


def test_a_step_of_a_convolutional_network_is_kernels_alone(
    emulated: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = sx.neural_net(CNN, sx.training("adam")).value
    learner: Any = net.arch.learner(net, IMAGES, StrictBackend(fused=True))
    learner.learn(SECONDS, 3)  # an epoch, so that all memory is there

    one, two = (_called(learner, batches, monkeypatch) for batches in (1, 2))

    kernels = {"gather": 2, "correlate": 3, "product": 6, "spread": 1, "weigh": 2, "add_parts": 1}
    others = {"softmax_cross_entropy": 1, "adam_kernel": 1, "misses": 1}
    assert two - one == {f"kernel {name}": count for name, count in (kernels | others).items()}


def _called(learner: Any, batches: int, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """
    Return how often each kernel, of whatever size, and each array function is called for some batches.
    """
    called: list[str] = []
    monkeypatch.setattr(StrictArray, "guard", called.append)
    learner.learn(SECONDS, batches)
    monkeypatch.setattr(StrictArray, "guard", None)
    return Counter(re.sub(r"_\d+x\d+$", "", name) for name in called if name not in VIEWS)
