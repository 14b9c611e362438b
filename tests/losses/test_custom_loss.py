from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.activations import Activation
from synapse_rx.errors import OptionError, ShapeError
from synapse_rx.losses import Censored, CustomLoss, Loss, SquaredError
from synapse_rx.metrics import metric
from tests.losses.judged import judged


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
