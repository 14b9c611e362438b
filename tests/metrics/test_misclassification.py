from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.activations import Activation
from synapse_rx.errors import OptionError
from synapse_rx.metrics import Metric, Misclassification
from tests.scratches import peak_allocation, scratch

NAN = float("nan")


def wrong(y: Any, t: Any, metric: Metric | None = None, dtype: Any = np.float64) -> list[float]:
    outputs, targets, result = np.array(y, dtype), np.array(t, dtype), np.empty(len(y), dtype)
    s = scratch(len(y), dtype)
    (metric or Misclassification()).values(outputs, targets, result, s)
    assert all(array.dtype in (dtype, np.int64) for array in s._buffers._arrays.values())
    return result.tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_largest_of_several_outputs_is_the_class(dtype: Any) -> None:
    y, t = [[0.2, 0.3, 0.1], [0.2, 0.3, 0.1]], [[0, 1, 0], [0, 0, 1]]

    assert wrong(y, t, dtype=dtype) == [0, 1]


def test_a_winner_below_one_half_is_right_nonetheless() -> None:
    assert wrong([[0.4, 0.3, 0.3]], [[1, 0, 0]]) == [0]


def test_the_first_of_equals_wins() -> None:
    assert wrong([[0.5, 0.5], [0.5, 0.5]], [[1, 0], [0, 1]]) == [0, 1]


@pytest.mark.parametrize("nan", [[NAN, 0.5], [0.5, NAN], [NAN, NAN]])
def test_an_output_that_is_nan_is_wrong_whatever_the_target(nan: list[float]) -> None:
    assert wrong([nan, nan, [0.6, 0.4]], [[1, 0], [0, 1], [1, 0]]) == [1, 1, 0]


def test_many_outputs_are_judged_like_few(rng: np.random.Generator) -> None:
    y, t = rng.random((20, 100)), np.eye(100)[rng.integers(0, 100, 20)]
    t[:10] = np.eye(100)[y[:10].argmax(1)]
    y[3, 50] = NAN

    assert wrong(y, t) == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, *[1] * 10]


def test_a_single_output_for_zero_and_one_divides_at_one_half() -> None:
    y, t = [[0.5], [0.49], [0.7], [0.1], [NAN], [NAN]], [[1], [1], [0], [0], [0], [1]]

    assert wrong(y, t) == [0, 1, 1, 0, 1, 1]


def test_a_single_output_for_plus_and_minus_one_divides_at_zero() -> None:
    y, t = [[0.2], [-0.2], [0.0], [-0.9], [NAN]], [[1], [1], [-1], [-1], [-1]]

    assert wrong(y, t) == [0, 1, 1, 0, 1]


def test_behind_a_known_output_one_batch_of_equal_targets_is_enough() -> None:
    bipolar = Misclassification().for_output(Activation.of("tanh"))

    assert bipolar == Misclassification(threshold=0)
    assert wrong([[0.2]], [[1]], bipolar) == [0]
    assert Misclassification().for_output(Activation.of("sigmoid")) == Misclassification(threshold=0.5)


@pytest.mark.parametrize("name", ["linear", "relu"])
def test_behind_an_output_without_a_middle_the_targets_decide(name: str) -> None:
    assert Misclassification().for_output(Activation.of(name)) == Misclassification()


def test_a_threshold_that_was_given_stays() -> None:
    metric = Misclassification(threshold=0.9)

    assert metric.for_output(Activation.of("sigmoid")) is metric
    assert wrong([[0.8], [0.95]], [[1], [1]], metric) == [1, 0]


@pytest.mark.parametrize("value", ["0.5", NAN, float("inf")])
def test_a_threshold_that_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(OptionError, match="threshold of misclassification must be a number or None"):
        Misclassification(value)


@pytest.mark.parametrize("k", [1, 16])
def test_nothing_is_allocated_after_the_first_batch(k: int) -> None:
    n = 65536
    y, result, s = np.ones((n, k), np.float32), np.empty(n, np.float32), scratch(n, np.float32)

    assert peak_allocation(lambda: Misclassification().values(y, y, result, s)) < y.nbytes / 2


def test_its_buffers_keep_clear_of_those_of_others() -> None:
    y, s = np.ones((3, 2)), scratch(3)

    Misclassification().values(y, y, np.empty(3), s)

    assert all(name.startswith(("metric_", "row_")) for name in s._buffers._arrays)


@pytest.mark.parametrize("metric", [Misclassification(), Misclassification(0.25)], ids=str)
def test_it_survives_the_way_to_plain_data_and_back(metric: Metric) -> None:
    assert Metric.of(metric.to_data()) == metric
