"""Small problems for algorithms: a function with its gradient, minimised without any network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from synapse_rx.algorithms import Algorithm, FullBatchAlgorithm
from synapse_rx.fast import Kernel, compiled


class TinyProblem:
    """
    A function of a vector, as algorithms see it (`Problem`).

    Args:
        function: Returns the value and the gradient at theta.
        theta: Where to begin; copied.
        block: Numbers in a block; None for one block.
        fast: Let algorithms use compiled kernels.
    """

    xp: Any = np
    remote = False

    def __init__(
        self,
        function: Callable[[Any], tuple[float, Any]],
        theta: Any,
        block: int | None = None,
        *,
        fast: bool = False,
    ) -> None:
        self._fast = fast
        self.function = function
        self.theta = np.array(theta)
        self.grad = self.zeros()
        self.loss = float("nan")
        self.evaluations = 0
        self._block = block or self.theta.size
        self._temporaries: dict[int, Any] = {}

    def evaluate(self) -> None:
        self.loss, self.grad[...] = self.function(self.theta)
        self.evaluations += 1

    def told(self, *numbers: Any) -> list[float]:
        return [self.loss, *map(float, numbers)]

    def zeros(self) -> Any:
        return np.zeros_like(self.theta)

    def blocks(self, *vectors: Any) -> Iterator[tuple[Any, ...]]:
        for start in range(0, self.theta.size, self._block):
            yield tuple(vector[start : start + self._block] for vector in vectors)

    def compiled(self, kernel: Kernel) -> Kernel | None:
        return compiled(kernel) if self._fast else None

    def temporary(self, k: int) -> Any:
        return self._temporaries.setdefault(k, np.empty(min(self._block, self.theta.size), self.theta.dtype))


def drive(algorithm: Algorithm, problem: TinyProblem, state: dict[str, Any], steps: int) -> None:
    """
    Take steps; one of an algorithm that is told of evaluations is a complete iteration.
    """
    with np.errstate(all="ignore"):
        for _ in range(steps):
            if isinstance(algorithm, FullBatchAlgorithm):
                _iterate(algorithm, problem, state)
            else:
                algorithm.step(problem, state)


def minimise(algorithm: Algorithm, problem: TinyProblem, steps: int) -> Any:
    """
    Return theta after some steps from a fresh state.
    """
    drive(algorithm, problem, algorithm.init(problem), steps)
    return problem.theta


def parabola(theta: Any) -> tuple[float, Any]:
    """
    ``1/2 sum_k k (theta_k - k)^2`` with its minimum 0 at (1, 2, 3, ...).
    """
    k = np.arange(1, theta.size + 1)
    return float((k * (theta - k) ** 2).sum() / 2), k * (theta - k)


def bowl(theta: Any) -> tuple[float, Any]:
    """
    A parabola around (1, 2, 3, ...) with curvatures from 1 down to 1/n, gentle enough for a learning rate of 1.
    """
    k = np.arange(1, theta.size + 1)
    return float(((theta - k) ** 2 / k).sum() / 2), (theta - k) / k


def round_bowl(theta: Any) -> tuple[float, Any]:
    """
    ``1/2 sum theta²``, a round parabola around 0; its gradient is theta, so that nothing is allocated for it.
    """
    return float(np.dot(theta, theta)) / 2, theta


def rosenbrock(theta: Any) -> tuple[float, Any]:
    """
    ``(1 - a)^2 + 100 (b - a^2)^2`` (Rosenbrock, 1960), a bent valley with its minimum 0 at (1, 1).
    """
    a, b = theta
    across = b - a * a
    return float((1 - a) ** 2 + 100 * across**2), np.array([-2 * (1 - a) - 400 * a * across, 200 * across])


def _iterate(algorithm: FullBatchAlgorithm, problem: TinyProblem, state: dict[str, Any]) -> None:
    algorithm.begin(problem, state)
    for _ in range(1000):
        problem.evaluate()
        if algorithm.advance(problem, state):
            return
    raise AssertionError(f"{algorithm!r} did not complete an iteration in 1000 evaluations")
