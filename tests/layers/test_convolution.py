from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError, ShapeError, UnknownNameError
from synapse_rx.initializers import Constant, Glorot, He, ScaledNormal
from synapse_rx.layers import (
    Activation,
    AveragePool2D,
    Conv1D,
    Conv2D,
    Conv3D,
    Convolution,
    ConvTranspose1D,
    ConvTranspose2D,
    ConvTranspose3D,
    Flatten,
    Layer,
    MaxPool2D,
)
from tests.contracts.layer import Chain

GRID = np.arange(1.0, 10).reshape(1, 1, 3, 3)


def with_weights(layer: Any, x: Any, w: Any, b: Any = ()) -> Chain:
    chain = Chain(layer, x.shape[1:], len(x))
    chain.theta[...] = np.concatenate([np.ravel(w), np.ravel(b)])
    return chain


def test_it_is_a_cross_correlation() -> None:
    chain = with_weights(Conv2D(1, 2), GRID, [[1, 2], [3, 4]], [0.5])

    np.testing.assert_allclose(chain.forward(GRID)[0, 0], [[37.5, 47.5], [67.5, 77.5]])


def test_gradients_of_a_tiny_one() -> None:
    chain = with_weights(Conv2D(1, 2), GRID, [[1, 2], [3, 4]], [0.5])
    chain.forward(GRID)
    dx = chain.backward(np.array([[[[1.0, 0], [0, 2]]]]))

    np.testing.assert_allclose(dx[0, 0], [[1, 2, 0], [3, 6, 4], [0, 6, 8]])
    np.testing.assert_allclose(chain.grad, [11, 14, 20, 23, 3])


def test_channels_are_summed_and_maps_stand_side_by_side() -> None:
    x = np.array([[[1.0, 2], [10, 20]]])
    chain = with_weights(Conv1D(3, 1), x, [[1, 0], [0, 1], [1, 1]], [0, 0, 100])

    np.testing.assert_allclose(chain.forward(x)[0], [[1, 2], [10, 20], [111, 122]])


def test_groups_see_nothing_of_each_other() -> None:
    x = np.array([[[1.0, 2], [10, 20]]])
    chain = with_weights(Conv1D(2, 1, groups=2), x, [[2], [3]], [0, 0])

    np.testing.assert_allclose(chain.forward(x)[0], [[2, 4], [30, 60]])


def test_a_causal_convolution_sees_nothing_of_the_future() -> None:
    x = np.array([[[1.0, 10, 100, 1000]]])
    chain = with_weights(Conv1D(1, 2, padding=[(2, 0)], dilation=2, bias=False), x, [1, 2])

    np.testing.assert_allclose(chain.forward(x)[0, 0], [2, 20, 201, 2010])


def test_the_same_size_is_padded_behind_where_the_padding_is_odd() -> None:
    x = np.array([[[1.0, 10, 100]]])
    even = with_weights(Conv1D(1, 2, padding="same", bias=False), x, [1, 2])
    strided = with_weights(Conv1D(1, 3, padding="same", stride=2, bias=False), x, [1, 2, 3])

    np.testing.assert_allclose(even.forward(x)[0, 0], [21, 210, 100])
    np.testing.assert_allclose(strided.forward(x)[0, 0], [32, 210])


@pytest.mark.parametrize(
    ("layer", "in_shape", "out_shape"),
    [
        (Conv1D(4, 3), (2, 7), (4, 5)),
        (Conv1D(4, 7), (2, 7), (4, 1)),
        (Conv2D(8, 3, stride=2, padding=1), (3, 32, 32), (8, 16, 16)),
        (Conv2D(8, (3, 1), dilation=(2, 5)), (3, 5, 6), (8, 1, 6)),
        (Conv2D(8, 2, padding=((1, 0), (0, 2))), (3, 4, 4), (8, 4, 5)),
        (Conv2D(8, 4, padding="same", stride=3), (3, 7, 9), (8, 3, 3)),
        (Conv2D(8, 5, padding="same", dilation=3), (3, 2, 4), (8, 2, 4)),
        (Conv3D(2, (1, 2, 3), stride=(1, 1, 2)), (1, 4, 4, 4), (2, 4, 3, 1)),
        (ConvTranspose1D(4, 3), (2, 5), (4, 7)),
        (ConvTranspose2D(4, 4, stride=2, padding=1), (2, 7, 8), (4, 14, 16)),
        (ConvTranspose2D(4, 3, stride=2, padding=1, output_padding=(1, 0)), (2, 7, 8), (4, 14, 15)),
        (ConvTranspose2D(4, (1, 5), stride=(3, 2), padding="same"), (2, 7, 8), (4, 21, 16)),
        (ConvTranspose3D(4, 2, dilation=3), (2, 1, 2, 3), (4, 4, 5, 6)),
        (Convolution(9, 3, "relu", 2), (1, 28, 28), (9, 13, 13)),
        (Convolution(9, (3, 1)), (1, 28, 28), (9, 26, 28)),
        (Convolution(2, 3, "tanh", (2, 13), pool_kind="average"), (1, 28, 28), (2, 13, 2)),
    ],
    ids=str,
)
def test_shapes(layer: Layer, in_shape: Any, out_shape: Any) -> None:
    assert layer.out_shape(in_shape) == out_shape


@pytest.mark.parametrize("size", range(3, 9))
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", ["valid", "same", 1])
def test_a_transposed_one_undoes_the_size(size: int, stride: int, padding: Any) -> None:
    down = Conv1D(1, 3, stride=stride, padding=padding)
    small = down.out_shape((1, size))

    up = [
        ConvTranspose1D(1, 3, stride=stride, padding=padding, output_padding=extra).out_shape(small)
        for extra in range(stride if padding != "same" else 1)
    ]

    assert all(down.out_shape(shape) == small for shape in up)
    assert padding == "same" or (1, size) in up


def test_a_transposed_one_adds_up_kernels() -> None:
    x = np.array([[[1.0, 10]]])
    chain = with_weights(ConvTranspose1D(1, 3, stride=2), x, [1, 2, 3], [0.5])

    np.testing.assert_allclose(chain.forward(x)[0, 0], [1.5, 2.5, 13.5, 20.5, 30.5])


@pytest.mark.parametrize(
    "up", [ConvTranspose2D(3, 2, stride=2), ConvTranspose2D(3, (3, 2), padding=1, groups=3)]
)
def test_a_transposed_one_is_the_transpose(up: Any) -> None:
    rng = np.random.default_rng(0)
    down = Conv2D(6, up.kernel, stride=up.stride, padding=up.padding, groups=up.groups, bias=False)
    small = (6, 4, 5)
    large = up.out_shape(small)
    one, other = Chain(up, small, 2), Chain(down, large, 2)
    w = other.theta.reshape(down.specs(large)[0].shape)
    parted = w.reshape(up.groups, 6 // up.groups, *w.shape[1:]).swapaxes(1, 2)
    one.theta[...] = np.concatenate([parted.ravel(), np.zeros(3)])
    x, y = rng.standard_normal((2, *small)), rng.standard_normal((2, *large))

    assert np.sum(one.forward(x) * y) == pytest.approx(np.sum(x * other.forward(y)))


@pytest.mark.parametrize(
    ("layer", "in_shape", "shape", "fans"),
    [
        (Conv1D(4, 3), (2, 9), (4, 2, 3), (6, 12)),
        (Conv2D(6, (3, 2), stride=2), (4, 9, 9), (6, 4, 3, 2), (24, 36)),
        (Conv2D(6, (3, 2), groups=2), (4, 9, 9), (6, 2, 3, 2), (12, 18)),
        (Conv3D(1, 2), (1, 3, 3, 3), (1, 1, 2, 2, 2), (8, 8)),
        (ConvTranspose2D(6, 4, stride=2), (4, 9, 9), (6, 4, 4, 4), (16, 96)),
        (ConvTranspose2D(6, 1, stride=3, groups=2), (4, 9, 9), (6, 2, 1, 1), (1, 3)),
        (Convolution(9, (3, 2), "relu", 2), (1, 8, 9), (9, 1, 3, 2), (6, 54)),
    ],
    ids=str,
)
def test_parameters(layer: Layer, in_shape: Any, shape: Any, fans: Any) -> None:
    w, b = layer.specs(in_shape)

    assert (w.name, w.shape, w.unit_axis, w.regularized) == ("W", shape, 0, True)
    assert (b.name, b.shape, b.regularized) == ("b", shape[:1], False)
    assert {(spec.fan_in, spec.fan_out) for spec in (w, b)} == {fans}


def test_fans_are_the_inputs_of_an_output_and_the_outputs_of_an_input() -> None:
    inner, layer = np.zeros((1, 2, 9, 9)), Conv2D(6, (3, 2), groups=2, bias=False)
    inner[0, 0, 4, 4] = 1
    chain = with_weights(layer, inner, np.ones(layer.specs((2, 9, 9))[0].shape))

    reached = np.count_nonzero(chain.forward(inner))
    seen = np.count_nonzero(chain.backward(np.eye(1, 6 * 7 * 8, 10).reshape(1, 6, 7, 8)))

    assert (seen, reached) == layer.fans(2)


def test_there_may_be_no_bias() -> None:
    assert [spec.name for spec in Conv2D(3, 3, bias=False).specs((1, 5, 5))] == ["W"]


@pytest.mark.parametrize(
    ("activation", "initializer"),
    [("relu", He()), ("tanh", Glorot()), ("linear", Glorot()), ("binary_threshold", ScaledNormal())],
)
def test_weights_are_drawn_as_the_activation_likes_it(activation: str, initializer: Any) -> None:
    for layer in (Conv2D(3, 3, activation), ConvTranspose2D(3, 3, activation), Convolution(3, 3, activation)):
        assert layer.specs((1, 5, 5))[0].initializer == initializer


def test_initializers_may_be_chosen() -> None:
    w, b = Conv2D(3, 3, "relu", initializer="orthogonal", bias_initializer=Constant(0.5)).specs((1, 5, 5))

    assert w.initializer.kind == "orthogonal"
    assert b.initializer == Constant(0.5)


def test_the_activation_becomes_a_layer_of_its_own() -> None:
    assert Conv2D(10, 5, activation="relu").expand() == (Conv2D(10, 5, initializer="he"), Activation("relu"))
    assert Conv2D(10, 5).expand() == (Conv2D(10, 5),)


def test_convolution_stands_for_three_layers() -> None:
    maps = Conv2D(9, (3, 2), initializer="glorot", bias_initializer=Constant(1))
    sigmoid = Convolution(9, (3, 2), "sigmoid", 2, bias_initializer=Constant(1))

    assert sigmoid.expand() == (maps, Activation("sigmoid"), MaxPool2D(2))
    assert Convolution(9, 3, pool=2, pool_kind="average").expand() == (Conv2D(9, 3), AveragePool2D(2))
    assert Convolution(9, 3).expand() == (Conv2D(9, 3),)


def test_the_network_of_clojures_synaptic() -> None:
    """Nine maps of 3 x 3 and pooling by 2 x 2: (28 - 3 + 1) / 2 = 13."""
    net = sx.neural_net([sx.Input((1, 28, 28)), Convolution(9, 3, "sigmoid", 2), sx.Dense(10, "softmax")])

    assert net.value.arch.shapes == ((1, 28, 28), (9, 13, 13), (10,))
    assert net.value.params.flat.size == 9 * 10 + 9 * 13 * 13 * 10 + 10


def test_the_network_cortex_imports() -> None:
    """Eleven layers; the second convolution makes 12 544 numbers, and there are 422 154 parameters."""
    arch = sx.Arch(
        (1, 28, 28),
        [
            *(Conv2D(32, 5, padding="same"), Activation("relu"), MaxPool2D(2)),
            *(Conv2D(64, 3, padding="same"), Activation("relu"), MaxPool2D(2)),
            *(Flatten(), sx.Dense(128), Activation("relu"), sx.Dense(10), Activation("softmax")),
        ],
    )

    assert len(arch.layers) == 11
    assert np.prod(arch.shapes[4]) == 12_544
    assert arch.layout.size == 422_154


@pytest.mark.parametrize(
    ("layer", "in_shape", "count"),
    [
        (Conv2D(10, 5), (1, 28, 28), 10 * 24 * 24 * 25),
        (Conv2D(10, 5, "relu", groups=2), (4, 28, 28), 10 * 24 * 24 * 25 * 2),
        (ConvTranspose2D(6, 3, stride=2, groups=2), (4, 5, 5), 4 * 5 * 5 * 3 * 9),
        (Convolution(10, 5, "relu", 2), (1, 28, 28), 10 * 24 * 24 * 25),
        (Convolution(10, 5, "relu", 2, pool_kind="average"), (1, 28, 28), 10 * 24 * 24 * 26),
    ],
    ids=str,
)
def test_multiplications_with_addition_are_counted(layer: Layer, in_shape: Any, count: int) -> None:
    assert layer.multiply_adds(in_shape) == count


def test_one_number_for_all_axes_is_one_for_each() -> None:
    assert Conv2D(3, 3) == Conv2D(3, (3, 3), stride=(1, 1), dilation=[1, 1], padding=0)
    assert Conv3D(3, np.int64(2), padding=((1, 1), 1, [1, 1])) == Conv3D(3, (2, 2, 2), padding=1)
    assert type(Conv2D(np.int64(3), np.array([3, 2])).kernel[0]) is int


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv2D(0, 3), "channels of conv2d must be a whole number >= 1, not 0"),
        (lambda: Conv2D(2.5, 3), "channels of conv2d must be a whole number >= 1, not 2.5"),
        (lambda: Conv2D(True, 3), "channels of conv2d must be a whole number"),
        (
            lambda: Conv2D(3, 0),
            r"kernel of conv2d is a whole number >= 1 or one for each of \(height, width\), not 0",
        ),
        (lambda: Conv2D(3, (3, 3, 3)), r"kernel of conv2d is .* not \(3, 3, 3\)"),
        (lambda: Conv1D(3, "3"), "kernel of conv1d is a whole number >= 1, not '3'"),
        (lambda: Conv2D(3, 3, stride=(1, 0)), r"stride of conv2d is .* not \(1, 0\)"),
        (lambda: Conv2D(3, 3, dilation=1.5), "dilation of conv2d is .* not 1.5"),
        (lambda: Conv2D(3, 3, padding="sane"), "padding of conv2d is 'same', 'valid', a whole number"),
        (lambda: Conv2D(3, 3, padding=-1), "padding of conv2d .* not -1"),
        (lambda: Conv2D(3, 3, padding=((1, 2, 3), 1)), r"a pair \(before, behind\), not \(\(1, 2, 3\), 1\)"),
        (lambda: Conv1D(3, 3, padding=(1, 2)), r"padding of conv1d .* for each of \(length\)"),
        (lambda: Conv2D(3, 3, groups=0), "groups of conv2d must be a whole number >= 1, not 0"),
        (lambda: Conv2D(3, 3, bias=1), "bias of conv2d must be True or False, not 1"),
        (
            lambda: ConvTranspose2D(3, 3, output_padding=1),
            "output_padding of conv_transpose2d is less than the stride",
        ),
        (
            lambda: ConvTranspose2D(3, 3, stride=2, output_padding=-1),
            "output_padding of conv_transpose2d is a whole",
        ),
        (
            lambda: ConvTranspose2D(3, 3, stride=2, padding="same", output_padding=1),
            "makes size . stride outputs; leave output_padding",
        ),
        (
            lambda: Convolution(3, 3, pool_kind="min"),
            "pool_kind of convolution must be 'max' or 'average', not 'min'",
        ),
        (lambda: Convolution(3, 3, pool=0), "pool of convolution is a whole number >= 1"),
        (lambda: Layer.of("conv2d", channels=3), "conv2d needs kernel"),
    ],
)
def test_options_are_checked(make: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        make()


@pytest.mark.parametrize("make", [Conv2D, ConvTranspose2D, Convolution])
def test_an_unknown_name_is_answered_by_the_nearest(make: Any) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'sigmoid'"):
        make(3, 3, "sigmod")
    with pytest.raises(UnknownNameError, match="did you mean 'glorot'"):
        make(3, 3, initializer="glorott")


@pytest.mark.parametrize(
    ("layer", "in_shape", "message"),
    [
        (
            Conv2D(3, 3),
            (28, 28),
            r"takes samples \(channels, height, width\), not \(28, 28\); Reshape\(\(1, 28, 28\)\)",
        ),
        (Conv2D(3, 3), (784,), r"takes samples \(channels, height, width\), not \(784,\)"),
        (Conv1D(3, 3), (1, 28, 28), r"conv1d takes samples \(channels, length\), not \(1, 28, 28\)"),
        (Conv2D(3, 5), (1, 4, 9), "a window of 5x5 does not fit into 4x9; take a smaller one"),
        (
            Conv2D(3, 3, dilation=3),
            (1, 9, 6),
            "a window of 3x3, 7x7 with its dilation, does not fit into 9x6",
        ),
        (Conv2D(3, 7, padding=1), (1, 4, 4), "a window of 7x7 does not fit into 4x4, 6x6 with padding"),
        (
            Conv2D(6, 3, groups=3),
            (4, 9, 9),
            "3 groups do not part 4 channels before and 6 behind; .* such as 2",
        ),
        (
            Conv2D(4, 3, groups=3),
            (6, 9, 9),
            "3 groups do not part 6 channels before and 4 behind; .* such as 2",
        ),
        (ConvTranspose2D(3, 2, padding=3), (1, 3, 4), "leaves nothing of the outputs for 3x4"),
        (ConvTranspose1D(3, 2, groups=2), (2, 3), "2 groups do not part 2 channels before and 3 behind"),
        (Convolution(3, 2, pool=2), (1, 28, 28), "maps of 27x27 cannot be parted into windows of 2x2"),
    ],
    ids=str,
)
def test_shapes_that_do_not_fit_are_refused(layer: Layer, in_shape: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        layer.out_shape(in_shape)


def test_a_network_names_the_layer_and_its_place() -> None:
    with pytest.raises(ShapeError, match=r"layer 1 \(Conv2D\(.*5x5 does not fit into 2x2"):
        sx.Arch((1, 6, 6), [Conv2D(3, 5), Conv2D(3, 5), sx.Dense(2)])


def test_blocks_of_samples_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    x, dy = np.random.default_rng(0).standard_normal((2, 7, 3, 9, 9))
    x, dy = x, np.repeat(dy, 2, axis=1)[:, :4, :7, :8]
    results = []
    for limit in (1 << 30, 20_000, 1):  # all samples at once, a few and one left over, one by one
        monkeypatch.setattr("synapse_rx.layers.convolution.correlation.CACHE", limit)
        chain = Chain(Conv2D(4, (3, 2)), (3, 9, 9), 7)
        y = chain.forward(x).copy()
        results.append((y, chain.backward(dy).copy(), chain.grad))

    for other in results[1:]:
        for one, two in zip(results[0], other, strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-12)


def test_columns_take_memory_that_does_not_grow_with_the_batch() -> None:
    sizes = []
    for n in (100, 200):
        chain = Chain(Conv2D(8, 3, padding=1), (8, 16, 16), n, dtype=np.float32)
        x = np.zeros((n, 8, 16, 16), np.float32)
        chain.backward(chain.forward(x))
        sizes.append(sum(buffers.nbytes for buffers in chain.buffers))

    y_and_dx = 2 * 100 * 8 * 16 * 16 * 4
    assert sizes[1] - sizes[0] < 1.1 * y_and_dx
