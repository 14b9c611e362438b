"""Adam and its kin, Adadelta, Adagrad and Lion on small functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.algorithms import Adadelta, Adagrad, Adam, AdamW, Algorithm, Lion, NAdam
from synapse_rx.schedules import Linear
from tests.problems import TinyProblem, drive, minimise, parabola, rosenbrock


def slope(value: float) -> Any:
    """
    Return a function whose gradient is ``value`` everywhere.
    """
    return lambda theta: (0.0, np.full_like(theta, value))


@pytest.mark.parametrize("value", [1e-3, 1.0, 1e6])
@pytest.mark.parametrize("algorithm", [Adam(0.1), AdamW(0.1, weight_decay=0.0)], ids=str)
def test_along_a_slope_every_step_of_adam_is_the_learning_rate(algorithm: Algorithm, value: float) -> None:
    theta = minimise(algorithm, TinyProblem(slope(value), [0.0]), 10)

    np.testing.assert_allclose(theta, [-1.0], rtol=1e-4)


@pytest.mark.parametrize("algorithm", [AdamW(0.1, weight_decay=0.5), Lion(0.1, weight_decay=0.5)], ids=str)
def test_where_there_is_no_gradient_weights_decay(algorithm: Algorithm) -> None:
    theta = minimise(algorithm, TinyProblem(slope(0.0), [1.0, -2.0]), 3)

    np.testing.assert_allclose(theta, np.array([1.0, -2.0]) * 0.95**3)


def test_amsgrad_forgets_no_large_gradient() -> None:
    def once(theta: Any) -> tuple[float, Any]:
        return 0.0, np.full_like(theta, 100.0 if problem.evaluations == 0 else 1.0)

    problem = TinyProblem(once, [0.0])
    algorithm = Adam(0.1, beta2=0.5, amsgrad=True)
    state = algorithm.init(problem)
    drive(algorithm, problem, state, 30)

    np.testing.assert_allclose(state["highest"], [5000.0])
    assert float(state["square"][0]) < 1.1


def test_the_betas_may_change_between_steps() -> None:
    problem = TinyProblem(slope(2.0), [0.0])
    state = Adam().init(problem)

    for beta in (0.9, 0.5, 0.99):
        drive(Adam(0.1, beta1=beta), problem, state, 5)

    assert np.isfinite(problem.theta).all()


def test_a_learning_rate_of_0_moves_nothing_but_learns_the_moments() -> None:
    algorithm = NAdam(learning_rate=0.0)
    problem = TinyProblem(parabola, [3.0, 3.0])
    state = algorithm.init(problem)

    drive(algorithm, problem, state, 3)

    np.testing.assert_array_equal(problem.theta, [3.0, 3.0])
    assert (state["mean"] != 0).any()


@pytest.mark.parametrize(
    ("algorithm", "within"),
    [
        (Adam(0.05), 1e-6),
        (Adam(0.05, amsgrad=True), 1e-6),
        (AdamW(0.05, weight_decay=0.0), 1e-6),
        (NAdam(0.05), 1e-6),
        (Adadelta(10.0), 0.05),
        (Adagrad(0.5), 1e-4),
        (Lion(Linear(0.02, 0.0, 300)), 1e-3),
    ],
    ids=str,
)
def test_a_parabola_is_minimised(algorithm: Algorithm, within: float) -> None:
    problem = TinyProblem(parabola, np.zeros(3))
    state = algorithm.init(problem)

    for step in range(3000):
        drive(algorithm.at(step / 10, step), problem, state, 1)

    np.testing.assert_allclose(problem.theta, [1, 2, 3], atol=within)


@pytest.mark.parametrize(
    ("algorithm", "within"),
    [(Adam(0.02), 1e-3), (AdamW(0.02, weight_decay=0.0), 1e-3), (NAdam(0.02), 0.01), (Adagrad(0.5), 0.1)],
    ids=str,
)
def test_the_valley_of_rosenbrock_is_followed(algorithm: Algorithm, within: float) -> None:
    theta = minimise(algorithm, TinyProblem(rosenbrock, [-1.2, 1.0]), 8000)

    np.testing.assert_allclose(theta, [1, 1], atol=within)
