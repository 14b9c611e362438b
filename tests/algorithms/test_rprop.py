"""R-prop: signs, steps, and what happens where a sign turns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.algorithms import RProp
from tests.problems import TinyProblem, drive, minimise, parabola, rosenbrock

VARIANTS = ["irprop-", "irprop+", "rprop+", "synaptic"]


def given(gradients: list[list[float]], losses: list[float] | None = None) -> Any:
    """
    Return a function with these gradients (and losses), one after another.
    """
    values, slopes = iter(losses or [0.0] * len(gradients)), iter(gradients)
    return lambda theta: (next(values), np.array(next(slopes), theta.dtype))


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_first_step_is_the_initial_one_against_the_sign(variant: str) -> None:
    algorithm = RProp(0.25, variant=variant)

    theta = minimise(algorithm, TinyProblem(given([[1e-30, -1e30, 0.0]]), np.zeros(3)), 1)

    np.testing.assert_array_equal(theta, [-0.25, 0.25, 0.0])


@pytest.mark.parametrize("variant", VARIANTS)
def test_steps_grow_while_the_sign_stays_up_to_the_largest(variant: str) -> None:
    algorithm = RProp(1.0, max_step=1.3, increase=1.25, variant=variant)

    theta = minimise(algorithm, TinyProblem(given([[-1.0]] * 3), np.zeros(1)), 3)

    np.testing.assert_allclose(theta, [1 + 1.25 + 1.3])


@pytest.mark.parametrize(
    ("variant", "losses", "expected"),
    [
        ("irprop-", [1.0, 2.0, 0.0], [-1.0, -1.0, -0.5]),
        ("irprop+", [1.0, 2.0, 0.0], [-1.0, 0.0, 0.5]),
        ("irprop+", [1.0, 0.5, 0.0], [-1.0, -1.0, -0.5]),
        ("rprop+", [1.0, 0.5, 0.0], [-1.0, 0.0, 0.5]),
        ("synaptic", [1.0, 2.0, 0.0], [-1.0, -0.5, 0.1]),
    ],
)
def test_where_the_sign_turns_each_variant_goes_its_own_way(
    variant: str, losses: list[float], expected: list[float]
) -> None:
    # the sign turns at the second step and stays at the third
    problem = TinyProblem(given([[1.0], [-1.0], [-1.0]], losses), np.zeros(1))
    algorithm = RProp(1.0, variant=variant)
    state, thetas = algorithm.init(problem), []

    for _ in range(3):
        drive(algorithm, problem, state, 1)
        thetas.append(float(problem.theta[0]))

    np.testing.assert_allclose(thetas, expected)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_smallest_gradients_count_as_much_as_others(variant: str, dtype: Any) -> None:
    tiny = float(np.finfo(dtype).tiny)
    gradients = [[s * tiny, float(s)] for s in (1, 1, -1, -1, 1)]

    theta = minimise(RProp(variant=variant), TinyProblem(given(gradients), np.zeros(2, dtype)), 5)

    assert theta[0] == theta[1]


def test_a_zero_counts_as_a_turn_in_the_variant_of_synaptic_only() -> None:
    gradients = [[1.0], [0.0], [1.0]]

    standard = minimise(RProp(1.0), TinyProblem(given(gradients), np.zeros(1)), 3)
    synaptic = minimise(RProp(1.0, variant="synaptic"), TinyProblem(given(gradients), np.zeros(1)), 3)

    np.testing.assert_allclose(standard, [-2.0])
    np.testing.assert_allclose(synaptic, [-1.25])


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_parabola_is_minimised(variant: str) -> None:
    theta = minimise(RProp(0.1, variant=variant), TinyProblem(parabola, np.zeros(5)), 200)

    np.testing.assert_allclose(theta, [1, 2, 3, 4, 5], atol=1e-4)


@pytest.mark.parametrize(("variant", "within"), [("irprop-", 0.02), ("irprop+", 0.02), ("rprop+", 0.15)])
def test_the_valley_of_rosenbrock_is_followed(variant: str, within: float) -> None:
    theta = minimise(RProp(variant=variant), TinyProblem(rosenbrock, [-1.2, 1.0]), 3000)

    np.testing.assert_allclose(theta, [1, 1], atol=within)


@pytest.mark.parametrize("new", VARIANTS)
@pytest.mark.parametrize("old", VARIANTS)
def test_another_variant_may_be_taken_up_on_the_way(old: str, new: str) -> None:
    before, after = RProp(variant=old), RProp(variant=new)
    problem = TinyProblem(parabola, np.full(3, 8.0))
    state = before.init(problem)
    drive(before, problem, state, 7)
    moved = problem.theta.copy()

    # what a learner does: everything that fits is put in
    resumed = {name: state.get(name, first) for name, first in after.init(problem).items()}
    drive(after, problem, resumed, 1)

    assert (np.abs(problem.theta - moved) <= 1.2 * state["size"]).all()
    assert (problem.theta < moved).all()
