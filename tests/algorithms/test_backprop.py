"""Gradient descent with momentum: by hand, on small functions, beside PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.algorithms import Backprop
from synapse_rx.errors import OptionError
from tests.problems import TinyProblem, drive, minimise, parabola, rosenbrock


def constant(theta: Any) -> tuple[float, Any]:
    """
    A slope that is 1 everywhere.
    """
    return float(theta.sum()), np.ones_like(theta)


def test_a_step_without_momentum_goes_down_the_gradient() -> None:
    theta = minimise(Backprop(learning_rate=0.5), TinyProblem(parabola, [0.0, 0.0]), 1)

    np.testing.assert_array_equal(theta, [0.5, 2.0])


def test_classical_momentum_takes_part_of_the_last_step_again() -> None:
    # v = -0.1, then 0.9 v - 0.1 = -0.19, then 0.9 v - 0.1 = -0.271
    theta = minimise(Backprop(learning_rate=0.1, momentum=0.9), TinyProblem(constant, [1.0]), 3)

    np.testing.assert_allclose(theta, [1 - 0.1 - 0.19 - 0.271], rtol=1e-15)


def test_nesterov_takes_the_gradient_where_momentum_leads_it() -> None:
    seen = []

    def slope(theta: Any) -> tuple[float, Any]:
        seen.append(float(theta[0]))
        return float(theta[0] ** 2 / 2), theta.copy()

    theta = minimise(Backprop(learning_rate=0.1, momentum=0.5, nesterov=True), TinyProblem(slope, [1.0]), 2)

    # v1 = -0.1 g(1) = -0.1, theta1 = 0.9; v2 = 0.5 v1 - 0.1 g(0.9 - 0.05) = -0.135
    np.testing.assert_allclose(seen, [1.0, 0.85], rtol=1e-15)
    np.testing.assert_allclose(theta, [0.9 - 0.135], rtol=1e-15)


def test_nesterov_follows_the_formula_of_sutskever() -> None:
    rate, momentum, theta, v = 0.05, 0.8, np.array([3.0, -2.0, 0.5]), np.zeros(3)
    problem = TinyProblem(parabola, theta)

    for _ in range(3):
        v = momentum * v - rate * parabola(theta + momentum * v)[1]
        theta = theta + v
    ours = minimise(Backprop(learning_rate=rate, momentum=momentum, nesterov=True), problem, 3)

    np.testing.assert_allclose(ours, theta, rtol=1e-14)


@pytest.mark.parametrize(
    ("algorithm", "steps"),
    [
        (Backprop(learning_rate=0.1), 300),
        (Backprop(learning_rate=0.05, momentum=0.9), 400),
        (Backprop(learning_rate=0.05, momentum=0.9, nesterov=True), 400),
    ],
    ids=str,
)
def test_a_parabola_is_minimised(algorithm: Backprop, steps: int) -> None:
    theta = minimise(algorithm, TinyProblem(parabola, np.zeros(5)), steps)

    np.testing.assert_allclose(theta, [1, 2, 3, 4, 5], rtol=1e-6)


@pytest.mark.parametrize("nesterov", [False, True])
def test_the_valley_of_rosenbrock_is_followed_to_its_end(nesterov: bool) -> None:
    algorithm = Backprop(learning_rate=5e-4, momentum=0.95, nesterov=nesterov)

    theta = minimise(algorithm, TinyProblem(rosenbrock, [-1.2, 1.0]), 5000)

    np.testing.assert_allclose(theta, [1, 1], atol=1e-3)


def test_momentum_may_change_between_steps() -> None:
    problem = TinyProblem(constant, [0.0])
    algorithm = Backprop(learning_rate=0.1, momentum=0.5)
    state = algorithm.init(problem)

    drive(algorithm, problem, state, 1)
    drive(evolve(algorithm, momentum=0.9, learning_rate=0.2), problem, state, 1)

    np.testing.assert_allclose(problem.theta, [-0.1 - (0.9 * 0.1 + 0.2)], rtol=1e-15)


@pytest.mark.parametrize(
    "options",
    [
        {"learning_rate": -0.1},
        {"learning_rate": float("nan")},
        {"learning_rate": float("inf")},
        {"learning_rate": "fast"},
        {"learning_rate": None},
        {"momentum": 1.0},
        {"momentum": -0.1},
        {"momentum": float("nan")},
        {"momentum": 0.9, "nesterov": "yes"},
        {"nesterov": True},
    ],
    ids=str,
)
def test_an_option_out_of_range_is_refused_by_its_name(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=list(options)[-1]):
        Backprop(**options)


def test_it_is_also_known_as_sgd() -> None:
    assert sx.training("sgd", learning_rate=0.2).algorithm == Backprop(learning_rate=0.2)


def test_without_momentum_there_is_no_state() -> None:
    assert Backprop().init(TinyProblem(parabola, np.zeros(2))) == {}


@pytest.mark.peer("torch")
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_steps_are_those_of_pytorch(momentum: float) -> None:
    torch = pytest.importorskip("torch")
    start = np.array([3.0, -2.0, 0.5])
    x = torch.tensor(start, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.05, momentum=momentum)

    for _ in range(3):
        optimizer.zero_grad()
        k = torch.arange(1.0, 4.0, dtype=torch.float64)
        (k * (x - k) ** 2 / 2).sum().backward()
        optimizer.step()
    theta = minimise(Backprop(learning_rate=0.05, momentum=momentum), TinyProblem(parabola, start), 3)

    np.testing.assert_allclose(theta, x.detach().numpy(), rtol=1e-10)


@pytest.mark.peer("torch")
def test_nesterov_is_that_of_pytorch_seen_from_the_point_looked_ahead_to() -> None:
    torch = pytest.importorskip("torch")
    # PyTorch keeps phi = theta + momentum v, where it takes its gradients (Bengio et al., 2013, equation 7).
    momentum, start = 0.9, np.array([3.0, -2.0, 0.5])
    phi = torch.tensor(start, requires_grad=True)
    optimizer = torch.optim.SGD([phi], lr=0.05, momentum=momentum, nesterov=True)
    problem = TinyProblem(parabola, start)
    algorithm = Backprop(learning_rate=0.05, momentum=momentum, nesterov=True)
    state = algorithm.init(problem)

    for _ in range(3):
        optimizer.zero_grad()
        k = torch.arange(1.0, 4.0, dtype=torch.float64)
        (k * (phi - k) ** 2 / 2).sum().backward()
        optimizer.step()
        drive(algorithm, problem, state, 1)

        ahead = problem.theta + momentum * state["velocity"]
        np.testing.assert_allclose(ahead, phi.detach().numpy(), rtol=1e-10)
