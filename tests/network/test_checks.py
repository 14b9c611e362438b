"""What does not fit together is refused before anything is computed, in words that help."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import DataError, LabelError, ShapeError
from tests.nets import blobs, small_net

X = np.zeros((4, 3)) + np.arange(4)[:, None]


def refused(net: Any, data: Any, error: type[Exception], message: str) -> None:
    """
    Assert that training is refused by the call itself and leaves the cell as it was.
    """
    before = net.value
    with pytest.raises(error, match=message):
        sx.train(net, data, 1)
    assert net.value is before


@pytest.mark.parametrize(
    "data", [None, X, [[1.0, 2.0]], sx.test_set(X), "digits"], ids=lambda data: type(data).__name__
)
def test_only_training_sets_are_trained_on(data: Any) -> None:
    refused(sx.mlp([3, 2], "softmax"), data, DataError, "train takes a TrainingSet")


def test_samples_of_another_size_are_refused() -> None:
    refused(
        sx.mlp([4, 2], "softmax"), blobs(), ShapeError, "takes samples of 4 numbers, but these have 3 numbers"
    )


@pytest.mark.parametrize(
    ("wanted", "given"),
    [((64,), (8, 8)), ((1, 8, 8), (64,)), ((1, 8, 8), (8, 8, 1)), ((8, 8), (1, 8, 8)), ((2, 3), (2, 3))],
)
def test_samples_are_read_in_the_shape_of_the_input(wanted: tuple[int, ...], given: tuple[int, ...]) -> None:
    net = sx.neural_net([sx.Input(wanted), sx.Dense(2)]).value
    x = np.arange(2.0 * np.prod(given)).reshape(2, *given)

    assert np.array_equal(sx.outputs(net, x), sx.outputs(net, x.reshape(2, *wanted)))


@pytest.mark.parametrize(
    ("wanted", "given"), [((3, 8, 8), (8, 8, 3)), ((2, 3), (3, 2)), ((2, 6), (3, 4)), ((4, 3), (2, 2, 3))]
)
def test_samples_whose_axes_are_others_are_refused(wanted: tuple[int, ...], given: tuple[int, ...]) -> None:
    net = sx.neural_net([sx.Input(wanted), sx.Dense(2)])

    with pytest.raises(ShapeError, match=r"moveaxis"):
        sx.outputs(net, np.zeros((2, *given)))


def test_another_number_of_classes_is_refused_and_they_are_named() -> None:
    refused(
        sx.mlp([3, 5], "softmax"),
        blobs(),
        ShapeError,
        r"has 5 numbers as output, but there are 2 targets a sample \(classes 'a', 'b'\)",
    )


def test_two_classes_for_a_single_output_are_refused_with_the_way_out() -> None:
    refused(sx.mlp([3, 1], "sigmoid"), blobs(), ShapeError, "give 0 and 1 with targets='values'")


def test_outputs_of_several_axes_are_refused() -> None:
    net = sx.neural_net([sx.Input((2, 2)), sx.Activation("tanh")])

    refused(net, sx.training_set(np.zeros((4, 2, 2)), np.zeros((4, 2))), ShapeError, r"shape \(2 x 2\)")


def test_samples_without_targets_are_refused() -> None:
    refused(sx.mlp([3, 2], "softmax"), sx.training_set(X, None), LabelError, "have no targets")


def test_other_labels_than_the_networks_are_refused() -> None:
    refused(
        sx.mlp([3, 2], "softmax", labels=["cat", "dog"]),
        blobs(),
        LabelError,
        "tells 'cat', 'dog' apart, but these samples are 'a', 'b'",
    )


def test_many_labels_are_shortened() -> None:
    net = sx.mlp([3, 20], "softmax", labels=range(20))
    data = sx.training_set(np.zeros((20, 3)), [f"c{k:02}" for k in range(20)])

    refused(net, data, LabelError, r"tells 0, 1, 2, 3, 4, ..., 19 apart")


def test_values_that_are_no_probabilities_are_refused_and_the_first_is_named() -> None:
    data = sx.training_set(X, [[0, 1], [1, 0], [0.5, 1.5], [0, 7]], shuffle=False)

    refused(
        sx.mlp([3, 2], "sigmoid"),
        data,
        LabelError,
        r"must be in \[0, 1\], but target 1 of sample 2 is 1.5; .*squared_error",
    )


def test_evaluation_refuses_what_training_refuses() -> None:
    net = small_net()

    with pytest.raises(DataError, match="evaluate takes a DataSet"):
        sx.evaluate(net, X)  # type: ignore[arg-type]
    with pytest.raises(LabelError, match="no targets"):
        sx.evaluate(net, sx.test_set(X))
    with pytest.raises(ShapeError, match="3 numbers"):
        sx.evaluate(net, sx.test_set(np.zeros((2, 5)), [0, 1]))
