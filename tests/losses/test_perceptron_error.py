"""The error of threshold units, and the delta rule in place of its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.activations import BinaryThreshold, BipolarThreshold, Softmax
from synapse_rx.errors import LossError
from synapse_rx.losses import PerceptronError
from tests.scratches import peak_allocation, scratch

Z = np.array([[2.0, -1.0], [0.0, -3.0], [-1.0, -0.5], [np.nan, 1.0]])


def linked(loss: PerceptronError, t: Any, dtype: Any = np.float64) -> tuple[Any, Any, Any]:
    z = Z.astype(dtype)
    y, dz, values = np.full_like(z, 7), np.full_like(z, 7), np.full(len(z), 7, dtype)
    loss.linked(z, y, np.array(t, dtype), values, dz, 0.5, scratch(len(z), dtype))
    return y, dz, values


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("low", [0.0, -1.0])
@pytest.mark.parametrize("activation", [BinaryThreshold(), BipolarThreshold()], ids=str)
def test_errors_are_1_or_0_and_the_rule_is_output_less_target(
    activation: Any, low: float, dtype: Any
) -> None:
    loss = PerceptronError().for_output(activation)
    t = np.where([[1, 0], [0, 0], [1, 1], [1, 0]], 1.0, low)

    y, dz, values = linked(loss, t, dtype)

    expected = np.empty_like(Z)
    activation.forward(Z, expected, scratch(4))
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(dz, [[0, 0], [0.5, 0], [-0.5, -0.5], [np.nan, 0.5]])
    np.testing.assert_array_equal(values, [0, 1, 1, np.nan])
    assert y.dtype == dz.dtype == values.dtype == dtype


@pytest.mark.parametrize("activation", [BinaryThreshold(), BipolarThreshold()], ids=str)
def test_the_values_of_outputs_are_those_of_logits(activation: Any) -> None:
    loss = PerceptronError().for_output(activation)
    t = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [1.0, 0.0]])
    y, _, expected = linked(loss, t)
    values, s = np.empty(4), scratch(4)

    loss.values(y, t, values, s)

    np.testing.assert_array_equal(values, expected)


def test_behind_other_outputs_it_is_refused() -> None:
    with pytest.raises(LossError, match=r"not behind softmax; use cross_entropy"):
        PerceptronError().for_output(Softmax())


def test_nothing_is_allocated_after_the_first_batch() -> None:
    n, k = 4096, 16
    z, t = np.zeros((n, k), np.float32), np.ones((n, k), np.float32)
    s, y, dz, values = scratch(n, np.float32), np.empty_like(z), np.empty_like(z), np.empty(n, np.float32)

    assert peak_allocation(lambda: PerceptronError().linked(z, y, t, values, dz, 1.0, s)) < z.nbytes / 8
