from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import GradientError, OptionError, ShapeError
from synapse_rx.layers import Dense, Lambda, Layer
from tests.contracts.layer import Chain, samples
from tests.layers.examples import lambda_layer as mine
from tests.layers.examples.lambda_layer import halves, softsign
from tests.nets import blobs, trained


def test_the_output_shape_is_found_by_trying() -> None:
    assert Lambda(softsign).out_shape((2, 3)) == (2, 3)
    assert Lambda(lambda x: x.sum(axis=2)).out_shape((2, 3)) == (2,)
    assert Lambda(lambda x: x.reshape(len(x), -1)).out_shape((2, 3)) == (6,)
    assert Lambda(halves).out_shape((5,)) == ((2,), (4,))
    assert Lambda(lambda xs: xs[0] @ np.ones((3, 4))).out_shape(((3,), (1,))) == (4,)


def test_or_it_is_given() -> None:
    assert Lambda(softsign, 5).out_shape((3,)) == (5,)
    assert Lambda(softsign, np.int64(5)) == Lambda(softsign, [5])
    assert Lambda(halves, [[2], [4]]).out_shape((5,)) == ((2,), (4,))


@pytest.mark.parametrize("shape", [0, (2, -1), "ab", 1.5, (2, (0,)), True])
def test_what_is_no_shape_is_refused(shape: Any) -> None:
    with pytest.raises(OptionError, match="out_shape of lambda is the shape of one output"):
        Lambda(softsign, shape)


def test_only_functions_are_taken() -> None:
    for wrong in (3, None, Dense(2), Dense):
        with pytest.raises(OptionError, match="function of lambda must be a function, not"):
            Lambda(wrong)  # type: ignore[arg-type]


def sums(x: Any) -> Any:
    return x.sum()


def rows(x: Any) -> Any:
    return x.sum(axis=1)


def cross(x: Any) -> Any:
    return x @ x.T


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            sums,
            r"sums must return an array with a row for each sample.* it returned shape \(\); keep the first axis",
        ),
        (rows, r"rows must return an array with a row for each sample.* shape \(1,\)"),
        (
            cross,
            r"cross gives outputs of \(1,\) for a batch of one sample and of \(2,\) for two; .* samples alike",
        ),
        (lambda x: None, "must return an array with a row for each sample"),
        (
            lambda x: x @ np.ones((7, 2)),
            r"fails on 1 samples of \(3,\) \(ValueError: matmul.*give its out_shape",
        ),
    ],
)
def test_functions_that_are_no_layers_are_refused_when_placed(function: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        sx.neural_net([sx.Input(3), Lambda(function), Dense(2)])
    with pytest.raises(ShapeError, match=r"layer 0 \(Lambda\("):
        sx.neural_net([sx.Input(3), Lambda(function), Dense(2)])


def test_what_has_no_rule_is_refused_when_placed() -> None:
    with pytest.raises(GradientError, match=r"np\.fft\.fft has no gradient rule"):
        sx.neural_net([sx.Input(3), Lambda(np.fft.fft), Dense(2)])


def test_a_shape_that_was_promised_is_kept() -> None:
    chain = Chain(Lambda(softsign, (4,)), (3,))

    with pytest.raises(
        ShapeError, match=r"softsign must return \(4,\) for every sample, but for a batch of 4 .* \(4, 3\)"
    ):
        chain.forward(samples((3,)))


def test_a_function_among_layers_is_one() -> None:
    net = sx.neural_net([sx.Input(3), Dense(4), softsign, Dense(2)]).value

    assert net.arch.layers[1] == Lambda(softsign)
    assert Layer.of(softsign) == Lambda(softsign)
    assert repr(Lambda(softsign)) == "Lambda(softsign)"
    assert repr(Lambda(softsign, 3)) == "Lambda(softsign, out_shape=(3,))"


def test_networks_learn_through_it_as_through_the_layer_it_is_like() -> None:
    def net(layer: Any) -> Any:
        return sx.neural_net(
            [sx.Input(3), Dense(5), layer, Dense(2, "softmax")], "adam", dtype="float64"
        ).value

    one, other = (trained(net(layer), blobs(), 3) for layer in (np.tanh, sx.Activation("tanh")))

    np.testing.assert_allclose(one.params.flat, other.params.flat, rtol=1e-9)


def test_it_is_not_recorded_where_no_gradient_is_wanted() -> None:
    seen: list[bool] = []

    def spy(x: Any) -> Any:
        seen.append(x.tape.recording)
        return x * 2

    for training, needs_dx in ((True, True), (True, False), (False, True)):
        Chain(Lambda(spy, (3,)), (3,), training=training, needs_dx=needs_dx).forward(samples((3,)))

    assert seen == [True, False, False]


def test_a_function_of_a_module_is_written_down_by_name() -> None:
    data = sx.to_data(Lambda(mine.softsign))

    assert data == {
        "kind": "lambda",
        "function": "tests.layers.examples.lambda_layer:softsign",
        "out_shape": None,
    }
    assert sx.from_data(Layer, data) == Lambda(mine.softsign)
    assert sx.to_data(Lambda(np.tanh, 3)) == {"kind": "lambda", "function": "numpy:tanh", "out_shape": [3]}


def test_other_functions_have_no_plain_form() -> None:
    def inner(x: Any) -> Any:
        return x

    for function in (inner, lambda x: x, [].append):
        with pytest.raises(
            OptionError, match=r"lambda holds .* which cannot be written down; a function that stands"
        ):
            sx.to_data(Lambda(function))


def test_outputs_have_the_type_of_the_network_whatever_the_function_makes() -> None:
    chain = Chain(Lambda(lambda x: x * np.ones(3)), (3,), dtype=np.float32)

    assert chain.forward(samples((3,), dtype=np.float32)).dtype == np.float32
    assert chain.backward(samples((3,), dtype=np.float32)).dtype == np.float32
