"""The public checker of a network's gradients: right ones pass, wrong ones are found and named."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from attrs import frozen

import synapse_rx as sx
from synapse_rx.activations import Activation as Function
from synapse_rx.errors import DataError, LabelError, LossError, OptionError, ShapeError
from synapse_rx.layers import Dense, Embedding, Lambda, Layer
from synapse_rx.losses import SquaredError
from synapse_rx.network.gradients import check_gradients
from synapse_rx.params import ParameterSpec
from tests.nets import blobs, small_net, trained

NETS: dict[str, list[Any]] = {
    "dense": [sx.Input(4), Dense(5, "tanh"), Dense(3, "softmax")],
    "kinks": [sx.Input(4), Dense(6, "relu"), Dense(3)],
    "a function": [sx.Input(4), Dense(5), Lambda(np.sin), Dense(2, "sigmoid")],
    "convolution": [
        sx.Input((2, 5, 5)),
        sx.Conv2D(3, 3, activation="tanh"),
        sx.MaxPool2D(2),
        Dense(2, "softmax"),
    ],
    "noise": [sx.Input(4), Dense(6, "tanh"), sx.Dropout(0.4), Dense(3)],
    "running statistics": [sx.Input(4), Dense(5), sx.BatchNorm(), Dense(3, "softmax")],
    "recurrence": [sx.Input((3, 2)), sx.GRU(4), Dense(2)],
    "every step": [sx.Input((3, 2)), sx.LSTM(3, returns="sequence"), sx.Residual([sx.Activation("tanh")])],
}


@pytest.mark.parametrize("layers", NETS.values(), ids=NETS)
def test_networks_are_right_by_every_parameter_and_every_input(layers: list[Any]) -> None:
    net = sx.neural_net(layers).value

    report = check_gradients(net, samples=3)

    assert report.ok, report
    assert report.checked == net.params.flat.size + 3 * int(np.prod(net.arch.in_shape))


@frozen
class Careless(Layer):
    """
    A layer with two mistakes: it forgets a factor in the gradient of its parameter, and a sample in that of its inputs.
    """

    def out_shape(self, in_shape: Any) -> Any:
        return in_shape

    def specs(self, in_shape: Any) -> Any:
        return (ParameterSpec("scale", in_shape, sx.initializers.Constant(0.5)),)

    def forward(self, x: Any, s: Any) -> Any:
        return np.multiply(x, s.params["scale"], out=s.array("y", x.shape[1:]))

    def backward(self, x: Any, y: Any, dy: Any, s: Any) -> Any:
        if s.learns:
            np.multiply(x, dy, out=s.array("dscale", x.shape[1:])).sum(axis=0, out=s.grads["scale"])
            s.grads["scale"][1] *= 0.9
        if not s.needs_dx:
            return None
        dx = np.multiply(dy, s.params["scale"], out=s.array("dx", x.shape[1:]))
        dx[2] = 0
        return dx


def test_wrong_gradients_are_found_and_named() -> None:
    report = check_gradients(sx.neural_net([sx.Input(3), Careless(), Dense(2, "tanh")]), samples=3, worst=20)

    assert not report.ok
    places = {entry.place for entry in report.worst if not entry.ok}
    assert places == {"0.scale[1]", "input[2, 0]", "input[2, 1]", "input[2, 2]"}
    assert report.failed == 4
    assert re.search(r"^input\[2, \d\] .* <-- wrong$", repr(report), re.MULTILINE)


@pytest.mark.parametrize(
    "data", [blobs(), blobs().data, blobs().data.x, None], ids=["set", "data", "samples", "none"]
)
def test_data_may_be_given(data: Any) -> None:
    assert check_gradients(small_net(), data).ok


def test_raw_data_are_normalised_as_in_training() -> None:
    data = blobs(normalize="standardize")
    net = trained(small_net(), data)

    done, raw = (
        {entry.place: entry.analytic for entry in check_gradients(net, each, worst=99).worst}
        for each in (data, blobs().data)
    )

    assert done == pytest.approx(raw, rel=1e-5)


@pytest.mark.parametrize(
    "loss", ["hinge", "multi_class_hinge", "huber", lambda y, t: ((y - t) ** 4).sum(axis=1)]
)
def test_targets_are_made_up_for_every_loss(loss: Any) -> None:
    assert check_gradients(sx.mlp([3, 4, 2], ["tanh", "linear"], sx.training(loss=loss))).ok


def test_fewer_numbers_may_be_looked_at() -> None:
    report = check_gradients(sx.mlp([30, 20, 2], "tanh"), entries=5, samples=2)

    assert report.checked == 5 + 5 + 5 + 2 + 5
    assert report.ok


def test_inputs_that_no_gradient_reaches_are_left_out() -> None:
    net = sx.neural_net([sx.Input(3), sx.Activation("binary_threshold"), Dense(2, "tanh")]).value
    report = check_gradients(net)

    assert report.ok and report.checked == net.params.flat.size
    words = sx.neural_net([sx.Input(3), Embedding(5, 2), Dense(2)]).value
    assert check_gradients(words, np.array([[0, 1, 2], [4, 4, 0]])).ok


def test_the_network_is_left_alone() -> None:
    net = sx.neural_net([sx.Input(3), Dense(4), sx.BatchNorm(), Dense(2)]).value
    flat, kept = net.params.flat.copy(), net.kept.flat.copy()

    check_gradients(net)

    np.testing.assert_array_equal(net.params.flat, flat)
    np.testing.assert_array_equal(net.kept.flat, kept)


def test_what_cannot_be_checked_is_refused() -> None:
    with pytest.raises(LossError, match="layer 1 has no gradient: binary_threshold"):
        check_gradients(sx.mlp([3, 4, 2], ["tanh", "binary_threshold"]))
    with pytest.raises(ShapeError, match="takes samples of 3 numbers"):
        check_gradients(small_net(), np.ones((2, 5)))
    with pytest.raises(DataError, match="a network is wanted"):
        check_gradients(3)  # type: ignore[arg-type]
    for option in ("samples", "entries"):
        with pytest.raises(OptionError, match=option):
            check_gradients(small_net(), **{option: 0})


def test_a_loss_that_takes_no_targets_that_can_be_made_up_is_refused() -> None:
    @frozen  # here, because every loss there is when tests are gathered is tested elsewhere
    class Picky(SquaredError):
        """
        A loss that takes what nobody makes up.
        """

        def check_targets(self, t: Any) -> None:
            if (t != 7).any():
                raise LabelError("sevens are wanted")

    net = sx.mlp([3, 2], "tanh", sx.training(loss=Picky()))

    with pytest.raises(LabelError, match="no targets for picky can be made up; give a training set"):
        check_gradients(net)
    assert check_gradients(net, sx.training_set(np.eye(3), np.full((3, 2), 7.0), targets="values")).ok


@pytest.mark.parametrize(
    "function", [f() for f in Function.members() if f.differentiable and f.exact and not f.function_field]
)
def test_every_activation(function: Function) -> None:
    assert check_gradients(sx.mlp([3, 4, 2], [function, "linear"]), samples=2).ok
