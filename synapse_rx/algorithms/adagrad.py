"""Gradients divided by the root of all their squares."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from ..typing import Array
from .base import Algorithm, Move, Problem, State
from .options import non_negative, number, number_or_schedule, positive, scheduled


@frozen
class Adagrad(Algorithm):
    """
    Gradient descent with each gradient divided by the root of the sum of its squares (Duchi et al., 2011, section 1).

    ``s <- s + g²``, ``theta <- theta - learning_rate g / (sqrt(s) + epsilon)``. For sparse gradients: what is rarely
    seen keeps its large steps.

    Args:
        learning_rate: Step length, >= 0, or a schedule.
        initial_square: What the sums begin with, >= 0.
        epsilon: Added to the root, > 0.

    Raises:
        OptionError: If a value is out of range.
    """

    learning_rate: float = field(
        default=0.01, converter=number_or_schedule, validator=scheduled(non_negative)
    )
    initial_square: float = field(default=0.0, converter=number, validator=non_negative)
    epsilon: float = field(default=1e-10, converter=number, validator=positive)

    def init(self, problem: Problem) -> State:
        square = problem.zeros()
        square.fill(self.initial_square)
        return {"square": square}

    def move(self, state: State) -> Move | None:
        return "adagrad", ("square",), (self.epsilon, self.learning_rate)

    def step(self, problem: Problem, state: State) -> None:
        problem.evaluate()
        if (fused := problem.compiled(adagrad_kernel)) is not None:
            fused(problem.theta, problem.grad, state["square"], self.epsilon, self.learning_rate)
            return
        xp, one = problem.xp, problem.temporary(0)
        for theta, grad, s in problem.blocks(problem.theta, problem.grad, state["square"]):
            root = one[: len(grad)]
            xp.multiply(grad, grad, out=root)
            xp.add(s, root, out=s)
            xp.sqrt(s, out=root)
            xp.add(root, self.epsilon, out=root)
            xp.divide(grad, root, out=grad)
            xp.multiply(grad, self.learning_rate, out=grad)
            xp.subtract(theta, grad, out=theta)


def adagrad_kernel(theta: Array, grad: Array, square: Array, epsilon: float, rate: float) -> None:
    for i in range(theta.size):
        s = square[i] + grad[i] * grad[i]
        square[i] = s
        theta[i] -= grad[i] / (np.sqrt(s) + epsilon) * rate
