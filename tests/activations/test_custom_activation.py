from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.activations import Activation, CustomActivation, Swish
from synapse_rx.errors import GradientError, OptionError, ShapeError
from synapse_rx.initializers import He
from tests.nets import blobs, trained
from tests.scratches import central_differences, quiet, scratch


def softsign(z: Any) -> Any:
    return z / (1 + np.abs(z))


def swish(z: Any) -> Any:
    return z / (1 + np.exp(-z))


def shares(z: Any) -> Any:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def passes(f: Activation, z: Any, dy: Any) -> tuple[Any, Any]:
    """
    Return outputs and the gradient by the logits.
    """
    y, dz, s = np.full_like(z, 7), np.full_like(z, 7), scratch(len(z), z.dtype)
    with quiet():
        f.forward(z, y, s)
        f.backward(z, y, dy, dz, s)
    return y, dz


@pytest.mark.parametrize("function", [softsign, swish, shares, np.tanh], ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_its_gradient_is_that_of_central_differences(
    function: Any, dtype: Any, rng: np.random.Generator
) -> None:
    z, dy = rng.standard_normal((2, 4, 3))

    y, dz = passes(CustomActivation(function), z.astype(dtype), dy.astype(dtype))

    wanted = central_differences(lambda z: float(np.sum(dy * function(z))), z)
    assert y.dtype == dz.dtype == dtype
    np.testing.assert_allclose(y, function(z), rtol=1e-5)
    np.testing.assert_allclose(dz, wanted, rtol=1e-3 if dtype == np.float32 else 1e-6, atol=1e-5)


def test_a_derivative_of_ones_own_is_used() -> None:
    f = CustomActivation(np.sin, derivative=lambda z: 3 * np.cos(z))
    z, dy = np.array([[0.5, 1.0]]), np.array([[1.0, 2.0]])

    np.testing.assert_allclose(passes(f, z, dy)[1], 3 * np.cos(z) * dy)
    with pytest.raises(
        OptionError, match=r"custom_activation holds a derivative, which cannot be written down"
    ):
        f.to_data()


def test_a_function_in_place_of_an_activation_is_one() -> None:
    assert Activation.of(softsign) == CustomActivation(softsign)
    assert Activation.of(softsign, low=-1, high=1) == CustomActivation(softsign, low=-1.0, high=1.0)
    assert sx.Dense(3, softsign).activation == CustomActivation(softsign)
    assert sx.mlp([3, 4, 2], softsign).value.arch.output == CustomActivation(softsign)
    assert sx.mlp([3, 4, 2], [softsign, "softmax"]).value.arch.layers[0].activation.function is softsign
    assert CustomActivation.of("custom_activation", function=softsign) == CustomActivation(softsign)


def test_networks_learn_through_it_as_through_the_one_it_is_like() -> None:
    one, other = (
        trained(sx.mlp([3, 5, 2], [f, "softmax"], "adam", dtype="float64").value, blobs(), 3)
        for f in (CustomActivation(swish, initializer="he"), Swish())
    )

    np.testing.assert_allclose(one.params.flat, other.params.flat, rtol=1e-9)


def test_the_range_decides_which_losses_fit() -> None:
    bounded = CustomActivation(shares, low=0, high=1)

    assert bounded.range == (0, 1)
    assert CustomActivation(softsign).range == (-np.inf, np.inf)
    assert sx.mlp([3, 2], bounded).value.training.loss == sx.CrossEntropy()
    assert sx.mlp([3, 2], CustomActivation(shares)).value.training.loss == sx.SquaredError()


def test_weights_before_it_are_drawn_as_it_says() -> None:
    assert CustomActivation(softsign, initializer="he").initializer == He()


def test_it_is_written_down_by_the_name_of_its_function() -> None:
    f = CustomActivation(softsign, low=-1, high=1, initializer="he")

    assert f.to_data()["function"] == f"{__name__}:softsign"
    assert sx.from_data(Activation, f.to_data()) == f
    with pytest.raises(OptionError, match=r"custom_activation holds .* cannot be written down"):
        CustomActivation(lambda z: z).to_data()


def test_bad_options_are_refused() -> None:
    for wrong in (3, None, Swish, "tanh"):
        with pytest.raises(OptionError):
            CustomActivation(wrong)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="low of custom_activation must be a number or None, not 'x'"):
        CustomActivation(softsign, low="x")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="derivative of custom_activation must be a function, not 3"):
        CustomActivation(softsign, 3)  # type: ignore[arg-type]


def test_results_of_another_shape_are_refused() -> None:
    z = np.ones((2, 3))

    with pytest.raises(
        ShapeError, match=r"function of custom_activation must return .* \(2, 3\) here, but .* \(2,\)"
    ):
        passes(CustomActivation(lambda z: z.sum(1)), z, z)
    with pytest.raises(ShapeError, match="derivative of custom_activation"):
        passes(CustomActivation(np.sin, lambda z: z[0]), z, z)


def test_what_has_no_rule_is_named_in_the_forward_pass() -> None:
    with pytest.raises(GradientError, match=r"np\.modf has no gradient rule"):
        CustomActivation(lambda z: np.modf(z)[0]).forward(np.ones((1, 2)), np.ones((1, 2)), scratch(1))
