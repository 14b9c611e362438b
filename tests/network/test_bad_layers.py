"""What does not fit together is refused when it is put together, with its place and both shapes."""

from __future__ import annotations

from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.errors import LossError, OptionError, ShapeError

TWO = sx.fork(sx.Dense(3), sx.Dense(2))


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            [sx.Input((1, 6, 6)), sx.Conv2D(8, 5), sx.Conv2D(8, 3)],
            r"layer 1 \(Conv2D\(8, 3\)\) cannot take \(8, 2, 2\): a window of 3x3 does not fit into 2x2",
        ),
        ([sx.Input((1, 6, 6)), sx.Conv2D(8, 9, padding=1)], "9x9 does not fit into 6x6, 8x8 with padding"),
        ([sx.Input((3, 8, 8)), sx.MaxPool2D(9)], "9x9 does not fit into 8x8"),
        ([sx.Input((4, 6, 6)), sx.Conv2D(8, 3, groups=3)], "3 groups do not part 4 channels before"),
        ([sx.Input((4, 6, 6)), sx.Conv2D(9, 3, groups=2)], "2 groups do not part 4 channels before and 9"),
        (
            [sx.Input(4), sx.residual(sx.Dense(4), sx.Dense(3))],
            r"layer 0 .* cannot take \(4,\): its body ends in \(3,\), its shortcut in \(4,\)",
        ),
        (
            [sx.Input((3, 8, 8)), sx.chain(sx.Dense(3), sx.Conv2D(3, 3))],
            r"layer 0.1 \(Conv2D\(3, 3\)\) cannot take \(3,\): conv2d takes samples \(channels, height, width\)",
        ),
        ([sx.Input((2, 2)), sx.GRU(3), sx.GRU(3)], r"layer 1 \(GRU\(3\)\) cannot take \(3,\)"),
        ([sx.Input(8), sx.Reshape((3, 3))], r"8 numbers of \(8,\) do not fill the shape \(3, 3\)"),
    ],
)
def test_impossible_shapes_are_named_with_their_layer_and_place(layers: list[Any], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        sx.neural_net(layers)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([sx.Input(4), TWO, sx.Dense(1)], "layer 1 .* it takes one value, but 2 values"),
        ([sx.Input(4), TWO, sx.parallel(sx.Dense(1))], "it has 1 layers, but 2 values"),
        (
            [sx.Input(4), TWO, sx.add()],
            r"values of one shape, but those that arrive are of \(3,\) and \(2,\)",
        ),
        ([sx.Input([(4,), (3,)]), sx.Dense(2)], "layer 0 .* it takes one value, but 2 values"),
        ([sx.Input(4), sx.add()], "it takes several values, but one"),
    ],
)
def test_no_branch_is_left_dangling(layers: list[Any], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        sx.neural_net(layers)


def test_a_list_of_layers_that_holds_itself_is_refused() -> None:
    layers: list[Any] = [sx.Dense(3)]
    layers.append(layers)

    with pytest.raises(OptionError, match="without cycles"):
        sx.neural_net([sx.Input(4), *layers])


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        ("squared_error", "has 2 outputs, but squared_error judges one; give each its own"),
        (sx.per_output(["squared_error"]), "has 2 outputs, but there are losses for 1"),
    ],
)
def test_a_loss_that_is_missing_for_an_output_is_named(loss: Any, message: str) -> None:
    with pytest.raises(LossError, match=message):
        sx.neural_net([sx.Input(4), TWO], sx.training("adam", loss=loss))
