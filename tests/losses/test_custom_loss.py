from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.activations import Activation
from synapse_rx.errors import GradientError, OptionError, ShapeError
from synapse_rx.losses import Censored, CustomLoss, Loss, SquaredError
from synapse_rx.metrics import metric
from tests.losses.judged import judged
from tests.nets import blobs, trained
from tests.scratches import central_differences


def log_cosh(y: Any, t: Any) -> Any:
    return np.log(np.cosh(y - t)).sum(1)


def tanh(y: Any, t: Any) -> Any:
    return np.tanh(y - t)


LOG_COSH = CustomLoss(value=log_cosh, gradient=tanh)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_functions_are_a_loss(dtype: Any) -> None:
    y, t = [[1, 2], [3, 4]], [[0, 2], [3, 5]]

    values, dy = judged(LOG_COSH, y, t, scale=0.5, dtype=dtype)

    assert values.dtype == dy.dtype == dtype
    np.testing.assert_allclose(values, [np.log(np.cosh(1))] * 2, rtol=1e-6)
    np.testing.assert_allclose(dy, [[np.tanh(1) / 2, 0], [0, -np.tanh(1) / 2]], rtol=1e-6)


@pytest.mark.parametrize(
    "f", [member() for member in Activation.members() if member.function_field is None], ids=str
)
def test_it_is_taken_behind_everything(f: Activation) -> None:
    assert LOG_COSH.for_output(f) is LOG_COSH
    assert not LOG_COSH.links(f)


def test_it_is_equal_to_one_of_the_same_functions() -> None:
    assert CustomLoss(log_cosh, tanh) == LOG_COSH
    assert CustomLoss(tanh, log_cosh) != LOG_COSH


def test_it_can_be_recorded() -> None:
    assert metric(LOG_COSH) is LOG_COSH


def test_censored_it_leaves_incomplete_samples_out() -> None:
    values, dy = judged(Censored(LOG_COSH), [[1, 2], [3, 4]], [[0, np.nan], [3, 5]])

    np.testing.assert_allclose(values, [0, np.log(np.cosh(1))])
    np.testing.assert_allclose(dy, [[0, 0], [0, -np.tanh(1)]])


def test_functions_cannot_be_written_down() -> None:
    with pytest.raises(OptionError, match="custom_loss holds functions, which cannot be written down"):
        LOG_COSH.to_data()
    with pytest.raises(OptionError, match="custom_loss needs value"):
        Loss.of("custom_loss")


@pytest.mark.parametrize(
    ("value", "gradient", "message"),
    [
        (
            lambda y, t: 3.0,
            tanh,
            r"value of custom_loss must return one number a sample, \(2,\) here, but .* \(\)",
        ),
        (tanh, tanh, r"value of custom_loss must return one number a sample, \(2,\) here, but .* \(2, 3\)"),
        (log_cosh, log_cosh, r"gradient of custom_loss must return one number an output, \(2, 3\) here"),
    ],
)
def test_results_of_another_shape_are_refused(value: Any, gradient: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        judged(CustomLoss(value, gradient), np.ones((2, 3)), np.ones((2, 3)))


def test_only_functions_are_taken() -> None:
    with pytest.raises(
        OptionError, match="gradient of custom_loss must be a function of outputs and targets, not 3"
    ):
        CustomLoss(log_cosh, 3)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="value of custom_loss must be a function"):
        CustomLoss(SquaredError(), tanh)  # type: ignore[arg-type]


def quartic(y: Any, t: Any) -> Any:
    return ((y - t) ** 4).sum(axis=1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_without_a_gradient_it_is_found(dtype: Any) -> None:
    y, t = np.array([[1.0, 2], [3, 4]]), np.array([[0.0, 2], [3, 5]])

    values, dy = judged(CustomLoss(quartic), y, t, scale=0.5, dtype=dtype)

    assert values.dtype == dy.dtype == dtype
    np.testing.assert_allclose(values, [1, 1])
    np.testing.assert_allclose(dy, 2 * (y - t) ** 3)


def test_a_found_gradient_is_that_of_central_differences(rng: np.random.Generator) -> None:
    y, t = rng.standard_normal((2, 3, 4))

    _, dy = judged(CustomLoss(log_cosh), y, t)

    np.testing.assert_allclose(dy, central_differences(lambda y: float(log_cosh(y, t).sum()), y), rtol=1e-6)


def test_a_function_in_place_of_a_loss_is_one() -> None:
    assert Loss.of(quartic) == CustomLoss(quartic)
    assert sx.training("adam", loss=quartic).loss == CustomLoss(quartic)
    assert sx.with_loss(sx.mlp([3, 2], "tanh").value, quartic).training.loss == CustomLoss(quartic)


def test_networks_learn_with_it_as_with_the_one_it_is_like() -> None:
    def half_squares(y: Any, t: Any) -> Any:
        return np.sum((y - t) ** 2, axis=1) / 2

    one, other = (
        trained(sx.mlp([3, 4, 2], "tanh", sx.training("adam", loss=loss), dtype="float64").value, blobs(), 3)
        for loss in (half_squares, "squared_error")
    )

    np.testing.assert_allclose(one.params.flat, other.params.flat, rtol=1e-9)


def test_without_a_gradient_it_is_written_down_by_name() -> None:
    data = CustomLoss(quartic).to_data()

    assert data == {"kind": "custom_loss", "value": f"{__name__}:quartic"}
    assert Loss.of(data) == CustomLoss(quartic)
    with pytest.raises(OptionError, match=r"custom_loss holds .* cannot be written down"):
        CustomLoss(lambda y, t: (y - t).sum(1)).to_data()


def test_what_has_no_rule_is_named() -> None:
    with pytest.raises(GradientError, match=r"np\.linalg\.svd has no gradient rule"):
        judged(CustomLoss(lambda y, t: np.linalg.svd(y)[1]), np.ones((2, 2)), np.ones((2, 2)))
