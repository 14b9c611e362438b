"""Problems to test algorithms on: functions with known gradients, without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from synapse_rx.algorithms import Algorithm, FullBatchAlgorithm

Function = Callable[[Any], tuple[float, Any]]
"""From parameters to loss and gradient."""


class FunctionProblem:
    """
    A function of parameters as a `Problem`, cut into blocks of ``block`` numbers.
    """

    xp: Any = np

    def __init__(
        self,
        function: Function,
        start: Sequence[float] | Any,
        dtype: Any = np.float64,
        block: int | None = None,
    ) -> None:
        self.function = function
        self.theta = np.array(start, dtype)
        self.grad = np.zeros_like(self.theta)
        self.evaluations = 0
        self.loss = float("nan")
        self._block = block or max(1, self.theta.size)
        self._temporaries: dict[int, Any] = {}

    def evaluate(self) -> None:
        self.loss, gradient = self.function(self.theta)
        self.grad[...] = gradient
        self.evaluations += 1

    def zeros(self) -> Any:
        return np.zeros_like(self.theta)

    def blocks(self, *vectors: Any) -> Iterator[tuple[Any, ...]]:
        for start in range(0, self.theta.size, self._block):
            yield tuple(vector[start : start + self._block] for vector in vectors)

    def temporary(self, k: int) -> Any:
        if k not in self._temporaries:
            self._temporaries[k] = np.full(self._block, np.nan, self.theta.dtype)
        return self._temporaries[k]


def parabola(theta: Any) -> tuple[float, Any]:
    """
    A bowl three times as steep in each direction as in the one before, lowest at 1.
    """
    steepness = (3.0 ** np.arange(theta.size)).astype(theta.dtype)
    away = theta - 1
    return float(np.sum(steepness * away * away) / 2), steepness * away


def rosenbrock(theta: Any) -> tuple[float, Any]:
    """
    The banana valley ``(1 - x)² + 100 (y - x²)²``, lowest at (1, 1).
    """
    x, y = theta.tolist()
    loss = (1 - x) ** 2 + 100 * (y - x * x) ** 2
    return loss, [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)]


def train(
    algorithm: Algorithm, problem: Any, steps: int, state: dict[str, Any] | None = None
) -> dict[str, Any]:
    """
    Take ``steps`` steps, or iterations of a full-batch algorithm; return the state.
    """
    state = algorithm.init(problem) if state is None else state
    for step in range(steps):
        moment = algorithm.at(step / 10, step)
        if isinstance(moment, FullBatchAlgorithm):
            iterate(moment, problem, state)
        else:
            moment.step(problem, state)
    return state


def iterate(algorithm: FullBatchAlgorithm, problem: Any, state: dict[str, Any]) -> None:
    """
    Drive a full-batch algorithm through one iteration, as a trainer does.
    """
    algorithm.begin(problem, state)
    problem.evaluate()
    while not algorithm.advance(problem, state):
        problem.evaluate()
