"""L-BFGS: on quadratics and in valleys, beside SciPy, stopped and resumed anywhere."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.algorithms import LBFGS
from synapse_rx.algorithms.lbfgs import READY, TRYING
from synapse_rx.snapshot import Slots
from tests.problems import TinyProblem, minimise, parabola, rosenbrock


def valleys(theta: Any) -> tuple[float, Any]:
    """
    Rosenbrock's function of many numbers, ``sum 100 (x_(i+1) - x_i²)² + (1 - x_i)²``.
    """
    x, following = theta[:-1], theta[1:]
    across = following - x * x
    gradient = np.zeros_like(theta)
    gradient[:-1] = -400 * x * across - 2 * (1 - x)
    gradient[1:] += 200 * across
    return float(np.sum(100 * across**2 + (1 - x) ** 2)), gradient


def ill_conditioned(theta: Any) -> tuple[float, Any]:
    """
    A parabola with curvatures from 1 to 10 000.
    """
    k = np.logspace(0, 4, theta.size)
    return float((k * theta**2).sum() / 2), k * theta


def run(algorithm: LBFGS, problem: TinyProblem, state: dict[str, Any], evaluations: int) -> None:
    """
    Go on from the iterate for exactly so many evaluations, stopping wherever it then is.
    """
    problem.theta[...] = algorithm.iterate(problem, state)
    with np.errstate(all="ignore"):
        algorithm.begin(problem, state)
        for _ in range(evaluations):
            problem.evaluate()
            if algorithm.advance(problem, state):
                algorithm.begin(problem, state)


def frozen(algorithm: LBFGS, problem: TinyProblem, state: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """
    Return parameters and state as a snapshot holds them, read back.
    """
    slots = {name: v.copy() if isinstance(v, np.ndarray) else v for name, v in state.items()}
    theta = algorithm.iterate(problem, state).copy()
    back = pickle.loads(pickle.dumps((theta, Slots(slots))))
    return back[0], {name: v.copy() if isinstance(v, np.ndarray) else v for name, v in back[1].items()}


class Watched(TinyProblem):
    """
    A problem that keeps every evaluation.
    """

    def evaluate(self) -> None:
        super().evaluate()
        self.seen = [*getattr(self, "seen", []), (self.theta.copy(), self.loss, self.grad.copy())]


@pytest.mark.parametrize("n", [1, 2, 5, 10])
def test_a_parabola_of_few_directions_takes_few_iterations(n: int) -> None:
    problem = TinyProblem(parabola, np.zeros(n))

    theta = minimise(LBFGS(), problem, n + 10)

    np.testing.assert_allclose(theta, np.arange(1, n + 1), atol=1e-6)
    assert problem.evaluations <= 3 * (n + 10)


def test_the_valley_of_rosenbrock_is_walked_in_about_40_iterations() -> None:
    problem = TinyProblem(rosenbrock, [-1.2, 1.0])

    theta = minimise(LBFGS(), problem, 38)

    np.testing.assert_allclose(theta, [1, 1], atol=1e-9)
    assert problem.evaluations < 50


@pytest.mark.parametrize("n", [2, 30])
@pytest.mark.parametrize("function", [valleys, ill_conditioned])
def test_every_accepted_step_fulfils_the_strong_wolfe_conditions(function: Any, n: int) -> None:
    algorithm = LBFGS(history=5)
    problem = Watched(function, np.linspace(-1.2, 1.0, n))
    state = algorithm.init(problem)
    problem.evaluate()
    before = problem.seen[-1]

    accepted = 0
    for _ in range(60):
        algorithm.begin(problem, state)
        problem.evaluate()
        while not algorithm.advance(problem, state):
            problem.evaluate()
        theta, loss, gradient = problem.seen[-1]
        np.testing.assert_array_equal(theta, problem.theta)
        move = theta - before[0]
        if np.abs(before[2]).max() > 1e-6:
            slack = 4 * np.finfo(float).eps * abs(before[1])
            assert loss <= before[1] + 1e-4 * before[2] @ move + slack
            assert abs(gradient @ move) <= -0.9 * before[2] @ move
            accepted += 1
        before = problem.seen[-1]
    assert accepted >= 4


@pytest.mark.peer("scipy")
@pytest.mark.parametrize("function", [valleys, ill_conditioned])
def test_it_needs_no_more_evaluations_than_scipy(function: Any) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    start = np.linspace(-1.2, 1.0, 60)
    options = {"maxcor": 10, "ftol": 0.0, "gtol": 1e-6, "maxiter": 5000}
    theirs = optimize.minimize(function, start, jac=True, method="L-BFGS-B", options=options)

    algorithm = LBFGS(history=10)
    problem = TinyProblem(function, start)
    state = algorithm.init(problem)
    while np.abs(function(algorithm.iterate(problem, state))[1]).max() > 1e-6:
        run(algorithm, problem, state, 1)

    assert problem.evaluations <= 1.25 * theirs.nfev


def test_the_loss_never_rises() -> None:
    problem, losses = TinyProblem(valleys, np.linspace(-2, 2, 20)), []
    algorithm = LBFGS()
    state = algorithm.init(problem)

    for _ in range(50):
        algorithm.begin(problem, state)
        problem.evaluate()
        while not algorithm.advance(problem, state):
            problem.evaluate()
        losses.append(problem.loss)

    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("evaluations", [1, 2, 3, 7, 20, 33])
def test_it_resumes_bit_for_bit_between_any_two_evaluations(evaluations: int, dtype: Any) -> None:
    algorithm = LBFGS(history=3)
    straight = TinyProblem(valleys, np.linspace(-1.2, 1.0, 7).astype(dtype))
    run(algorithm, straight, algorithm.init(straight), 40)

    first = TinyProblem(valleys, np.linspace(-1.2, 1.0, 7).astype(dtype))
    state = algorithm.init(first)
    run(algorithm, first, state, evaluations)
    theta, slots = frozen(algorithm, first, state)
    second = TinyProblem(valleys, theta)
    run(algorithm, second, slots, 40 - evaluations)

    np.testing.assert_array_equal(second.theta, straight.theta)


def test_what_is_published_in_the_middle_of_a_search_is_the_best_point_so_far() -> None:
    algorithm = LBFGS()
    problem = TinyProblem(rosenbrock, [-1.2, 1.0])
    state = algorithm.init(problem)
    best, between = np.inf, 0

    for _ in range(40):
        run(algorithm, problem, state, 1)
        loss = rosenbrock(algorithm.iterate(problem, state))[0]
        assert loss <= best
        best = loss
        between += state["phase"] == TRYING
    assert between > 5


def test_parameters_set_from_outside_start_the_search_over() -> None:
    algorithm = LBFGS()
    problem = TinyProblem(rosenbrock, [-1.2, 1.0])
    state = algorithm.init(problem)
    run(algorithm, problem, state, 11)

    problem.theta[...] = [3.0, -3.0]
    algorithm.begin(problem, state)
    np.testing.assert_array_equal(problem.theta, [3.0, -3.0])
    run(algorithm, problem, state, 60)

    np.testing.assert_allclose(algorithm.iterate(problem, state), [1, 1], atol=1e-8)


def test_without_begin_it_only_takes_longer() -> None:
    algorithm = LBFGS()
    problem = TinyProblem(rosenbrock, [-1.2, 1.0])
    state = algorithm.init(problem)

    for _ in range(100):
        problem.evaluate()
        algorithm.advance(problem, state)

    np.testing.assert_allclose(problem.theta, [1, 1], atol=1e-9)


def test_a_loss_that_is_infinite_somewhere_is_tried_elsewhere() -> None:
    def barrier(theta: Any) -> tuple[float, Any]:
        with np.errstate(all="ignore"):
            return float((theta - np.log(theta)).sum()), 1 - 1 / theta

    theta = minimise(LBFGS(), TinyProblem(barrier, [0.01, 50.0]), 30)

    np.testing.assert_allclose(theta, [1, 1], atol=1e-7)


def test_a_loss_that_is_not_finite_where_it_stands_ends_the_iteration() -> None:
    algorithm = LBFGS()
    problem = TinyProblem(lambda theta: (float("nan"), theta), [1.0])
    state = algorithm.init(problem)

    problem.evaluate()

    assert algorithm.advance(problem, state)
    np.testing.assert_array_equal(problem.theta, [1.0])


def test_at_the_minimum_it_stays() -> None:
    theta = minimise(LBFGS(), TinyProblem(parabola, [1.0, 2.0]), 5)

    np.testing.assert_array_equal(theta, [1.0, 2.0])


def test_a_gradient_that_lies_moves_nothing_and_ends_the_iteration() -> None:
    def lie(theta: Any) -> tuple[float, Any]:
        loss, gradient = parabola(theta)
        return loss, -gradient

    algorithm = LBFGS(trials=5)
    problem = TinyProblem(lie, [3.0, 3.0])

    theta = minimise(algorithm, problem, 3)

    np.testing.assert_array_equal(theta, [3.0, 3.0])
    assert problem.evaluations <= 3 * 7


def test_curvature_that_is_negative_is_not_remembered() -> None:
    def wave(theta: Any) -> tuple[float, Any]:
        return float(np.sum(np.cos(theta)) + 0.001 * np.sum(theta**2)), -np.sin(theta) + 0.002 * theta

    algorithm = LBFGS()
    problem = TinyProblem(wave, [0.1, -0.2, 0.3])
    state = algorithm.init(problem)

    run(algorithm, problem, state, 60)

    assert state["pairs"] <= 30
    np.testing.assert_allclose(wave(algorithm.iterate(problem, state))[1], 0, atol=1e-6)


def test_it_converges_in_float32_to_what_float32_can_tell_apart() -> None:
    theta = minimise(LBFGS(), TinyProblem(valleys, np.full(20, -1.0, np.float32)), 200)

    assert theta.dtype == np.float32
    np.testing.assert_allclose(theta, 1, atol=1e-3)


def test_another_history_may_be_taken_up_on_the_way() -> None:
    problem = TinyProblem(rosenbrock, [-1.2, 1.0])
    old, new = LBFGS(history=7), LBFGS(history=3)
    state = old.init(problem)
    run(old, problem, state, 20)
    theta, slots = frozen(old, problem, state)
    fresh = new.init(problem)

    # what a learner does: everything that fits is put in
    resumed = {
        name: slots[name] if np.shape(slots[name]) == np.shape(first) else first
        for name, first in fresh.items()
    }
    second = TinyProblem(rosenbrock, theta)
    run(new, second, resumed, 60)

    np.testing.assert_allclose(new.iterate(second, resumed), [1, 1], atol=1e-6)


def test_a_network_learns_xor_in_a_few_iterations() -> None:
    data = sx.training_set([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], shuffle=False)
    net = sx.mlp([2, 6, 2], ["tanh", "softmax"], sx.training("lbfgs", seed=1))

    snapshot = sx.deref(sx.train(net, data, 60))

    assert snapshot.training.stats.epochs == 60
    assert snapshot.training.stats.loss[-1] < 1e-3
    assert READY <= snapshot.training.state.slots["phase"] <= TRYING
