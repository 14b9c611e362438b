from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.autodiff import Primitive, check_gradient
from synapse_rx.errors import DataError, GradientError

X = np.array([[0.3, -1.2, 0.8], [2.0, 0.1, -0.4]])

WRONG = Primitive(np.sin, lambda g, y, x: g * np.where(x > 1, np.cos(x), np.cos(x) + 1e-3))


def test_right_gradients_are_called_right() -> None:
    report = check_gradient(lambda x, p: np.tanh(np.matmul(x, p["w"])) + p["b"], X, {"w": X.T, "b": 0.5})

    assert report.ok
    assert (report.checked, report.failed) == (13, 0)
    assert len(report.worst) == 10
    assert repr(report).startswith("13 derivatives compared with central differences: all agree\n")


def test_wrong_ones_are_named_the_worst_first() -> None:
    report = check_gradient(lambda p: WRONG(p["w"]).sum(), {"w": X}, worst=2)

    assert not report.ok
    assert (report.checked, report.failed) == (6, 5)
    entry = report.worst[0]
    assert not entry.ok
    assert entry.place.startswith("argument 0['w'][")
    assert abs(entry.difference) == pytest.approx(1e-3, rel=1e-3)
    assert entry.analytic == pytest.approx(entry.numeric, abs=2e-3)
    lines = repr(report).splitlines()
    assert lines[0].endswith("5 do not agree") and len(lines) == 4
    assert lines[2].startswith(entry.place) and lines[2].endswith("<-- wrong")


def test_a_gradient_of_ones_own_is_checked() -> None:
    def f(x: Any) -> Any:
        return np.sum(x**3)

    assert check_gradient(f, X, gradient=lambda x: (3 * x**2,)).ok
    assert not check_gradient(f, X, gradient=lambda x: (2 * x**2,)).ok


def test_at_a_kink_every_slope_between_is_right() -> None:
    x = np.array([0.0, 1.0])

    assert check_gradient(lambda x: np.abs(x), x).ok
    assert check_gradient(lambda x: np.maximum(x, 0), x).ok
    assert not check_gradient(np.abs, x, gradient=lambda x: (np.array([1.5, 1.0]),)).ok


def test_it_is_done_in_double_precision_and_leaves_arguments_alone() -> None:
    x = X.astype(np.float32)

    assert check_gradient(np.exp, x).ok
    np.testing.assert_array_equal(x, X.astype(np.float32))


def test_a_gradient_that_is_no_number_is_wrong() -> None:
    report = check_gradient(lambda x: x.sum(), X, gradient=lambda x: (np.full_like(x, np.nan),))

    assert report.failed == 6


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_a_value_that_is_not_finite_is_refused() -> None:
    with pytest.raises(DataError, match=r"checked where the value is finite, but here it is -?inf"):
        check_gradient(np.log, np.zeros(1))


def test_only_real_numbers_are_checked() -> None:
    with pytest.raises(GradientError, match="argument 1 holds int64"):
        check_gradient(lambda x, labels: x[labels], X, np.array([0, 1]))
    assert check_gradient(lambda x: x[np.array([0, 1])], X).ok
