from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.errors import OptionError, ShapeError
from synapse_rx.metrics import FunctionMetric, Metric, metric
from tests.scratches import scratch


def largest_error(y: Any, t: Any) -> Any:
    return np.abs(y - t).max(axis=1)


def mean_error(y: Any, t: Any) -> float:
    return float(np.abs(y - t).mean())


def values(kind: Metric, y: Any, t: Any) -> list[float]:
    result = np.full(len(y), 7.0)
    kind.values(np.array(y), np.array(t), result, scratch(len(y)))
    return result.tolist()


def test_a_function_gives_a_value_for_each_sample() -> None:
    kind = metric(largest_error)

    assert kind == FunctionMetric(largest_error)
    assert values(kind, [[1.0, 2], [3, 4]], [[0.0, 5], [3, 4]]) == [3, 0]  # type: ignore[arg-type]


def test_one_number_for_the_batch_counts_for_each_of_its_samples() -> None:
    assert values(FunctionMetric(mean_error), [[1.0], [2], [3]], [[0.0], [0], [0]]) == [2, 2, 2]


def test_it_is_recorded_under_its_own_name_or_the_one_given() -> None:
    assert metric(largest_error).name == "largest_error"
    assert metric(largest_error, name="worst").name == "worst"
    assert FunctionMetric(lambda y, t: 0, "nothing").name == "nothing"


@pytest.mark.parametrize("name", ["", "  ", None, 3])
def test_a_name_is_a_text(name: Any) -> None:
    with pytest.raises(OptionError, match="name of function_metric must be the text to record it as"):
        metric(largest_error, name=name)


def test_a_function_without_a_name_needs_one() -> None:
    with pytest.raises(OptionError, match=r"name of function_metric must be the text .* not '<lambda>'"):
        metric(lambda y, t: 0)


def test_only_functions_are_taken() -> None:
    with pytest.raises(OptionError, match="function of function_metric must be a function"):
        FunctionMetric(3, "three")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="metric takes a name, a Metric or its plain data"):
        metric(FunctionMetric)
    with pytest.raises(OptionError, match="function_metric has no option 'nmae'; did you mean 'name'"):
        metric(largest_error, nmae="x")


@pytest.mark.parametrize("result", [np.ones(2), np.ones((3, 1)), [1, 2, 3, 4]])
def test_results_of_another_shape_are_refused(result: Any) -> None:
    with pytest.raises(ShapeError, match=r"metric 'odd' must return one number a sample, \(3,\) here"):
        values(FunctionMetric(lambda y, t: result, "odd"), [[1.0]] * 3, [[1.0]] * 3)


def test_functions_cannot_be_written_down() -> None:
    with pytest.raises(
        OptionError, match="metric 'largest_error' is a function, which cannot be written down"
    ):
        FunctionMetric(largest_error).to_data()
