from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import GradientError, OptionError
from synapse_rx.regularizers import CustomRegularizer, Regularizer
from tests.nets import blobs, small_net, trained


def cauchy(w: Any) -> Any:
    return np.sum(np.log1p(w * w))


def ridge(w: Any) -> Any:
    return np.sum(w * w) / 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_value_and_derivative_belong_together(dtype: Any, rng: np.random.Generator) -> None:
    w = rng.standard_normal(7).astype(dtype)
    grad, penalty = np.ones_like(w), CustomRegularizer(cauchy, 0.5)

    penalty.add_derivative(w, grad, np.empty_like(w), np)

    assert penalty.penalty(w, np) == pytest.approx(0.5 * np.log1p(w * w).sum(), rel=1e-6)
    assert grad.dtype == dtype
    np.testing.assert_allclose(grad, 1 + w / (1 + w * w), rtol=1e-6)


def test_networks_learn_with_it_as_with_the_one_it_is_like() -> None:
    one, other = (
        trained(small_net("adam", regularization=penalty, dtype="float64"), blobs(), 3)
        for penalty in (CustomRegularizer(ridge, 0.3), sx.L2(0.3))
    )

    np.testing.assert_allclose(one.params.flat, other.params.flat, rtol=1e-9)
    np.testing.assert_allclose(one.training.stats.loss, other.training.stats.loss, rtol=1e-9)


def test_a_function_in_place_of_a_penalty_is_one() -> None:
    assert Regularizer.of(cauchy) == CustomRegularizer(cauchy)
    assert sx.training("adam", regularization=cauchy).update.regularization == CustomRegularizer(cauchy)


def test_it_is_written_down_by_the_name_of_its_function() -> None:
    penalty = CustomRegularizer(cauchy, 0.1)

    data = sx.to_data(penalty)

    assert data == {"kind": "custom_regularizer", "function": f"{__name__}:cauchy", "strength": 0.1}
    assert sx.from_data(Regularizer, data) == penalty
    with pytest.raises(OptionError, match=r"custom_regularizer holds .* cannot be written down"):
        sx.to_data(CustomRegularizer(lambda w: w.sum()))


def test_what_gives_no_number_is_refused() -> None:
    w = np.ones(3)

    with pytest.raises(
        OptionError, match=r"must return one number, but it returned shape \(3,\); take its sum"
    ):
        CustomRegularizer(np.abs).penalty(w, np)
    with pytest.raises(GradientError, match="must return one number"):
        CustomRegularizer(np.abs).add_derivative(w, w.copy(), w.copy(), np)


def test_bad_options_are_refused() -> None:
    with pytest.raises(OptionError, match="function of custom_regularizer must be a function, not 3"):
        CustomRegularizer(3)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match=r"strength of custom_regularizer must be a number >= 0, not -1.0"):
        CustomRegularizer(cauchy, -1)
