from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError, ShapeError
from synapse_rx.layers import (
    AveragePool1D,
    AveragePool2D,
    AveragePool3D,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    Layer,
    LocalResponseNorm,
    MaxPool1D,
    MaxPool2D,
    MaxPool3D,
    Pad,
    Reshape,
    Upsample,
)
from tests.contracts.layer import Chain

ROW = np.array([[[1.0, 5, 2, 4, 3]]])


def forward(layer: Layer, x: Any) -> Any:
    return Chain(layer, x.shape[1:], len(x)).forward(x)


def backward(layer: Layer, x: Any, dy: Any) -> Any:
    chain = Chain(layer, x.shape[1:], len(x))
    y = chain.forward(x)
    return chain.backward(np.asarray(dy, float).reshape(y.shape))


def test_the_largest_of_each_window() -> None:
    x = np.arange(24.0).reshape(1, 1, 4, 6)

    np.testing.assert_array_equal(forward(MaxPool2D(2), x)[0, 0], [[7, 9, 11], [19, 21, 23]])


@pytest.mark.parametrize(
    ("layer", "y"),
    [
        (MaxPool1D(2), [5, 4]),
        (MaxPool1D(2, ceil=True), [5, 4, 3]),
        (MaxPool1D(3, 1), [5, 5, 4]),
        (MaxPool1D(3, 2, padding="same"), [5, 5, 4]),
        (MaxPool1D(2, padding=1), [1, 5, 4]),
        (MaxPool1D(2, 1, padding=[(0, 1)]), [5, 5, 4, 4, 3]),
        (AveragePool1D(2), [3, 3]),
        (AveragePool1D(2, ceil=True), [3, 3, 3]),
        (AveragePool1D(3, 1), [8 / 3, 11 / 3, 3]),
        (AveragePool1D(2, padding=1), [1, 3.5, 3.5]),
        (AveragePool1D(2, padding=1, count_padding=True), [0.5, 3.5, 3.5]),
        (AveragePool1D(2, padding=[(0, 1)], count_padding=True), [3, 3, 1.5]),
        (AveragePool1D(3, 3, ceil=True, count_padding=True), [8 / 3, 3.5]),
        (AveragePool1D(3, 2, padding="same"), [3, 11 / 3, 3.5]),
    ],
    ids=str,
)
def test_windows_overlap_leave_over_and_are_padded(layer: Layer, y: Any) -> None:
    np.testing.assert_allclose(forward(layer, ROW)[0, 0], y)


def test_padding_is_never_the_largest() -> None:
    assert forward(MaxPool2D(3, padding=1), -np.ones((1, 1, 2, 2))).max() == -1


def test_the_gradient_goes_to_the_largest() -> None:
    np.testing.assert_array_equal(backward(MaxPool1D(2), ROW, [1, 2])[0, 0], [0, 1, 0, 2, 0])
    np.testing.assert_array_equal(backward(MaxPool1D(3, 1), ROW, [1, 2, 4])[0, 0], [0, 3, 0, 4, 0])


def test_the_first_of_equals_in_reading_order_takes_the_gradient() -> None:
    x = np.array([[[[0.0, 5, 7, 7], [5, 5, 7, 7]]]])

    np.testing.assert_array_equal(backward(MaxPool2D(2), x, [1, 2])[0, 0], [[0, 1, 2, 0], [0, 0, 0, 0]])
    np.testing.assert_array_equal(backward(GlobalMaxPool(), x, [3])[0, 0], [[0, 0, 3, 0], [0, 0, 0, 0]])


def test_the_gradient_of_a_mean_is_shared() -> None:
    np.testing.assert_allclose(backward(AveragePool1D(2), ROW, [1, 2])[0, 0], [0.5, 0.5, 1, 1, 0])
    np.testing.assert_allclose(
        backward(AveragePool1D(3, 2, padding="same"), ROW, [6, 6, 6])[0, 0], [3, 5, 2, 5, 3]
    )


@pytest.mark.parametrize(
    ("layer", "in_shape", "out_shape"),
    [
        (MaxPool1D(3), (2, 10), (2, 3)),
        (MaxPool2D(2), (9, 26, 26), (9, 13, 13)),
        (MaxPool2D((2, 3), 1), (1, 4, 4), (1, 3, 2)),
        (MaxPool2D(3, 2, padding=1), (1, 112, 112), (1, 56, 56)),
        (MaxPool2D(3, 2, ceil=True), (1, 112, 112), (1, 56, 56)),
        (MaxPool2D(2, 4, padding=(0, (0, 1)), ceil=True), (1, 5, 8), (1, 2, 2)),
        (MaxPool2D(2, padding="same"), (1, 5, 4), (1, 3, 2)),
        (MaxPool3D(2), (1, 4, 5, 6), (1, 2, 2, 3)),
        (AveragePool2D(2), (9, 26, 26), (9, 13, 13)),
        (AveragePool3D((1, 2, 3)), (1, 4, 5, 6), (1, 4, 2, 2)),
        (GlobalAveragePool(), (5, 3, 2), (5,)),
        (GlobalMaxPool(), (5, 3), (5,)),
        (Upsample(2), (3, 4, 5), (3, 8, 10)),
        (Upsample((2, 3, 1)), (3, 4, 5, 6), (3, 8, 15, 6)),
        (Pad(2), (3, 4, 5), (3, 8, 9)),
        (Pad((1, (0, 2))), (3, 4, 5), (3, 6, 7)),
        (Flatten(), (3, 4, 5), (60,)),
        (Reshape((1, 28, 28)), (784,), (1, 28, 28)),
        (Reshape((4, -1)), (3, 8), (4, 6)),
        (Reshape(-1), (3, 8), (24,)),
        (LocalResponseNorm(), (3, 8), (3, 8)),
    ],
    ids=str,
)
def test_shapes(layer: Layer, in_shape: Any, out_shape: Any) -> None:
    assert layer.out_shape(in_shape) == out_shape


def test_stride_is_the_kernel_unless_it_is_said() -> None:
    assert MaxPool2D((2, 3)) == MaxPool2D((2, 3), (2, 3))
    assert MaxPool2D(2) == MaxPool2D([2, 2], np.int64(2), padding=(0, (0, 0)))


def test_means_and_maxima_of_whole_channels() -> None:
    x = np.array([[[[1.0, 2], [3, 6]], [[0, 0], [-1, -3]]]])

    np.testing.assert_allclose(forward(GlobalAveragePool(), x), [[3, -1]])
    np.testing.assert_allclose(forward(GlobalMaxPool(), x), [[6, 0]])
    np.testing.assert_allclose(
        backward(GlobalAveragePool(), x, [4, 8])[0], [np.ones((2, 2)), 2 * np.ones((2, 2))]
    )


def test_upsampling_repeats_or_goes_in_straight_lines() -> None:
    x = np.array([[[0.0, 4, 8]]])

    np.testing.assert_allclose(forward(Upsample(2), x)[0, 0], [0, 0, 4, 4, 8, 8])
    np.testing.assert_allclose(forward(Upsample(2, "linear"), x)[0, 0], [0, 1, 3, 5, 7, 8])
    np.testing.assert_allclose(
        forward(Upsample(3, "linear"), x)[0, 0], np.array([0, 0, 4, 8, 12, 16, 20, 24, 24]) / 3
    )


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "wrap"])
@pytest.mark.parametrize("padding", [1, ((2, 0), 1), ((0, 2), (3, 1))])
def test_padding_is_that_of_numpy(mode: str, padding: Any) -> None:
    x = np.random.default_rng(0).standard_normal((2, 1, 3, 4))
    layer = Pad(padding, mode, value=1.5) if mode == "constant" else Pad(padding, mode)
    widths = [(0, 0), (0, 0), *([(padding,) * 2] * 2 if padding == 1 else padding)]
    pads = [width if isinstance(width, tuple) else (width, width) for width in widths]

    expected = np.pad(x, pads, mode, **({"constant_values": 1.5} if mode == "constant" else {}))  # type: ignore[call-overload]

    np.testing.assert_array_equal(forward(layer, x), expected)


def test_a_constant_border_stays_when_batches_change() -> None:
    chain = Chain(Pad(1, value=7), (1, 2), 3)
    chain.forward(np.ones((3, 1, 2)))

    y = chain.forward(np.full((3, 1, 2), 2.0))

    np.testing.assert_array_equal(y[1], [[7, 2, 2, 7]])


def test_another_shape_is_the_same_memory() -> None:
    x = np.arange(12.0).reshape(2, 2, 3)

    for layer in (Flatten(), Reshape((3, 2))):
        assert np.shares_memory(forward(layer, x), x)


def test_what_is_not_in_one_piece_is_copied() -> None:
    x = np.arange(12.0).reshape(2, 3, 2).swapaxes(1, 2)

    np.testing.assert_array_equal(forward(Flatten(), x), x.reshape(2, 6))


def test_neighbouring_channels_divide() -> None:
    """The formula of Cortex, whose even windows lean towards the later channels."""
    x = np.array([[[1.0], [2], [3], [4]]])

    y = forward(LocalResponseNorm(2, alpha=4, beta=0.5, k=1), x)

    np.testing.assert_allclose(y.ravel(), [1 / 11**0.5, 2 / 27**0.5, 3 / 51**0.5, 4 / 33**0.5])


@pytest.mark.parametrize(
    ("layer", "in_shape", "count"),
    [
        (MaxPool2D(2), (3, 4, 4), 0),
        (AveragePool2D(2), (3, 4, 4), 3 * 4 * 4),
        (AveragePool2D(3, 1), (3, 4, 4), 3 * 4 * 9),
        (GlobalAveragePool(), (3, 4, 4), 48),
        (Upsample(2), (1, 4, 4), 0),
        (Upsample(2, "linear"), (1, 4, 4), 2 * (32 + 64)),
        (LocalResponseNorm(5), (8, 4, 4), 8 * 16 * 6),
    ],
    ids=str,
)
def test_multiplications_with_addition_are_counted(layer: Layer, in_shape: Any, count: int) -> None:
    assert layer.multiply_adds(in_shape) == count


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: MaxPool2D(0),
            r"kernel of max_pool2d is a whole number >= 1 or one for each of \(height, width\), not 0",
        ),
        (lambda: MaxPool1D((2, 2)), r"kernel of max_pool1d is a whole number >= 1, not \(2, 2\)"),
        (lambda: MaxPool2D(2, (1, 2, 3)), "stride of max_pool2d"),
        (lambda: MaxPool2D(2, padding="full"), "padding of max_pool2d is 'same', 'valid', a whole number"),
        (lambda: MaxPool2D(2, padding=2), "padding of max_pool2d is less than its kernel"),
        (lambda: AveragePool2D((3, 1), padding=1), "there would be windows without inputs"),
        (lambda: MaxPool2D(2, ceil=1), "ceil of max_pool2d must be True or False"),
        (
            lambda: AveragePool2D(2, count_padding="no"),
            "count_padding of average_pool2d must be True or False",
        ),
        (lambda: Upsample(0), "factor of upsample is a whole number >= 1, or one for each axis, not 0"),
        (lambda: Upsample((2, 1.5)), "factor of upsample"),
        (lambda: Upsample(2, "cubic"), "mode of upsample must be 'nearest' or 'linear', not 'cubic'"),
        (lambda: Pad(-1), "padding of pad is a whole number >= 0"),
        (lambda: Pad(()), r"padding of pad is .*, not \(\)"),
        (lambda: Pad(((1, 2, 3),)), "padding of pad"),
        (lambda: Pad("same"), "padding of pad is .*, not 'same'"),
        (
            lambda: Pad(1, "mirror"),
            "mode of pad must be 'constant' or 'edge' or 'reflect' or 'wrap', not 'mirror'",
        ),
        (lambda: Pad(1, value=float("nan")), "value of pad must be a finite number"),
        (lambda: Reshape((2, 0)), r"shape of reshape is whole numbers >= 1, .* not \(2, 0\)"),
        (lambda: Reshape((-1, -1)), "one of which may be -1"),
        (lambda: Reshape(()), "shape of reshape"),
        (lambda: Reshape("12"), "shape of reshape"),
        (lambda: LocalResponseNorm(0), "size of local_response_norm must be a whole number >= 1, not 0"),
        (lambda: LocalResponseNorm(k=0), "k of local_response_norm must be a number > 0, not 0"),
        (lambda: LocalResponseNorm(alpha=-1), "alpha of local_response_norm must be a number > 0"),
    ],
)
def test_options_are_checked(make: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        make()


@pytest.mark.parametrize(
    ("layer", "in_shape", "message"),
    [
        (
            MaxPool2D(2),
            (28, 28),
            r"takes samples \(channels, height, width\), not \(28, 28\); Reshape\(\(1, 28, 28\)\)",
        ),
        (MaxPool2D(3), (1, 2, 9), "a window of 3x3 does not fit into 2x9"),
        (AveragePool1D(5, padding=1), (1, 2), "a window of 5 does not fit into 2, 4 with padding"),
        (GlobalMaxPool(), (5,), r"global_max_pool takes samples \(channels, ...\) .* not \(5,\)"),
        (GlobalAveragePool(), (5,), "with an axis behind the channels"),
        (LocalResponseNorm(), (5,), "with an axis behind the channels"),
        (Upsample((2, 2)), (1, 4), r"2 factors for the 1 axes behind the channels of \(1, 4\)"),
        (Pad((1, 1)), (1, 4), r"padding for 2 axes, but 1 behind the channels of \(1, 4\)"),
        (Pad(4, "reflect"), (1, 4), "reflect pads 4 elements by at most 3, not by 4"),
        (Pad((0, (0, 5)), "wrap"), (1, 4, 4), "wrap pads 4 elements by at most 4, not by 5"),
        (Reshape((5, 2)), (3, 4), r"the 12 numbers of \(3, 4\) do not fill the shape \(5, 2\)"),
        (Reshape((5, -1)), (3, 4), r"do not fill the shape \(5, -1\)"),
    ],
    ids=str,
)
def test_shapes_that_do_not_fit_are_refused(layer: Layer, in_shape: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        layer.out_shape(in_shape)


def test_they_have_names() -> None:
    assert sx.Layer.of("max_pool2d", kernel=2) == MaxPool2D(2)
    assert sx.Layer.of("global average pool") == GlobalAveragePool()
    assert sx.Layer.of("reshape", shape=[2, -1]) == Reshape((2, -1))
