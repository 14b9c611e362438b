"""RMSprop: both forms, centred and with momentum."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.algorithms import RMSprop
from tests.problems import TinyProblem, minimise, parabola, rosenbrock


def slopes(*values: list[float]) -> Any:
    """
    Return a function with these gradients, one after another.
    """
    rest = iter(values)
    return lambda theta: (0.0, np.array(next(rest), theta.dtype))


def test_the_first_step_of_synaptic_has_the_length_of_the_learning_rate() -> None:
    theta = minimise(
        RMSprop(0.01, variant="synaptic"), TinyProblem(slopes([1e-9, -5.0, 0.0]), np.zeros(3)), 1
    )

    np.testing.assert_allclose(theta, [-0.01, 0.01, 0.0], rtol=1e-15)


def test_synaptic_divides_by_nothing_where_there_never_was_a_gradient() -> None:
    problem = TinyProblem(slopes([0.0], [0.0], [3.0]), np.zeros(1))

    theta = minimise(RMSprop(0.01, 0.75, variant="synaptic"), problem, 3)

    np.testing.assert_allclose(theta, [-0.01 * 3 / np.sqrt(0.25 * 9)])


def test_a_constant_gradient_has_no_variance_but_gives_finite_steps() -> None:
    algorithm = RMSprop(0.01, 0.5, centered=True)
    problem = TinyProblem(lambda theta: (0.0, np.full_like(theta, 0.1)), np.zeros(3, np.float32))

    assert np.isfinite(minimise(algorithm, problem, 100)).all()


@pytest.mark.parametrize(
    "algorithm",
    [
        RMSprop(0.01),
        RMSprop(0.01, centered=True),
        RMSprop(0.005, momentum=0.9),
        RMSprop(0.005, momentum=0.9, nesterov=True),
        RMSprop(0.01, variant="synaptic"),
        RMSprop(0.005, momentum=0.9, nesterov=True, variant="synaptic"),
    ],
    ids=str,
)
def test_a_parabola_is_minimised_to_about_the_learning_rate(algorithm: RMSprop) -> None:
    theta = minimise(algorithm, TinyProblem(parabola, np.zeros(3)), 3000)

    np.testing.assert_allclose(theta, [1, 2, 3], atol=0.02)


def test_the_valley_of_rosenbrock_is_followed() -> None:
    theta = minimise(RMSprop(0.001, momentum=0.9), TinyProblem(rosenbrock, [-1.2, 1.0]), 10_000)

    np.testing.assert_allclose(theta, [1, 1], atol=0.05)
