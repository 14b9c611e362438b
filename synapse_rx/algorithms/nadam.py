"""Adam with Nesterov's momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from attrs import field, frozen

from ..typing import Array
from .base import Move, Problem, State
from .moments import Moments
from .options import fraction, non_negative, number, number_or_schedule, positive, scheduled


@frozen
class NAdam(Moments):
    """
    Adam with Nesterov's momentum (Dozat, 2016, algorithm 2, with the momentum schedule of its section 3).

    ``mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2)`` takes the place of beta1 where the mean enters the step:
    ``theta <- theta - learning_rate (mu_(t+1) m / (1 - M mu_(t+1)) + (1 - mu_t) g / (1 - M)) / (sqrt(ŝ) + epsilon)``,
    where M is the product of all ``mu_1 ... mu_t``. As in PyTorch, m itself follows beta1.

    Args:
        learning_rate: Step length, >= 0, or a schedule.
        beta1: Share of the past in the mean, in [0, 1).
        beta2: Share of the past in the mean square, in [0, 1).
        epsilon: Added to the root, > 0.
        momentum_decay: How fast mu approaches beta1, >= 0.

    Raises:
        OptionError: If a value is out of range.
    """

    hints: ClassVar[Mapping[str, str]] = {
        "nesterov": "nadam always uses Nesterov's momentum",
        "momentum": "beta1 takes its part",
    }

    learning_rate: float = field(
        default=0.002, converter=number_or_schedule, validator=scheduled(non_negative)
    )
    beta1: float = field(default=0.9, converter=number, validator=fraction)
    beta2: float = field(default=0.999, converter=number, validator=fraction)
    epsilon: float = field(default=1e-8, converter=number, validator=positive)
    momentum_decay: float = field(default=0.004, converter=number, validator=non_negative)

    def init(self, problem: Problem) -> State:
        return super().init(problem) | {"product": 1.0}

    def move(self, state: State) -> Move | None:
        rests = (1.0 - self.beta1, 1.0 - self.beta2)
        return "nadam", ("mean", "square"), (self.beta1, self.beta2, *rests, *self._advanced(state))

    def step(self, problem: Problem, state: State) -> None:
        problem.evaluate()
        rest, (shift, of_grad, of_mean) = 1.0 - self.beta1, self._advanced(state)
        if (fused := problem.compiled(nadam_kernel)) is not None:
            vectors = (problem.theta, problem.grad, state["mean"], state["square"])
            fused(*vectors, self.beta1, self.beta2, rest, 1.0 - self.beta2, shift, of_grad, of_mean)
            return
        xp, one = problem.xp, problem.temporary(0)
        for theta, grad, m, s in problem.blocks(problem.theta, problem.grad, state["mean"], state["square"]):
            below = one[: len(grad)]
            xp.multiply(grad, grad, out=below)
            xp.multiply(below, 1.0 - self.beta2, out=below)
            xp.multiply(s, self.beta2, out=s)
            xp.add(s, below, out=s)
            xp.multiply(grad, rest, out=grad)
            xp.multiply(m, self.beta1, out=m)
            xp.add(m, grad, out=m)
            xp.sqrt(s, out=below)
            xp.add(below, shift, out=below)
            xp.divide(grad, below, out=grad)
            xp.divide(m, below, out=below)
            xp.multiply(grad, of_grad, out=grad)
            xp.multiply(below, of_mean, out=below)
            xp.subtract(theta, grad, out=theta)
            xp.subtract(theta, below, out=theta)

    def _advanced(self, state: State) -> tuple[float, float, float]:
        """Count one more step; return what is added to the root, and what multiplies gradient and mean."""
        state["steps"] = t = state["steps"] + 1
        mu, following = self._mu(t), self._mu(t + 1)
        state["product"] = product = state["product"] * mu
        root = (1.0 - self.beta2**t) ** 0.5
        of_grad = self.learning_rate * root * (1.0 - mu) / (1.0 - product) / (1.0 - self.beta1)
        of_mean = self.learning_rate * root * following / (1.0 - product * following)
        return self.epsilon * root, of_grad, of_mean

    def _mu(self, t: int) -> float:
        return self.beta1 * (1.0 - 0.5 * 0.96 ** (t * self.momentum_decay))


def nadam_kernel(
    theta: Array,
    grad: Array,
    mean: Array,
    square: Array,
    beta1: float,
    beta2: float,
    rest: float,
    of_square: float,
    shift: float,
    of_grad: float,
    of_mean: float,
) -> None:
    for i in range(theta.size):
        s = square[i] * beta2 + grad[i] * grad[i] * of_square
        g = grad[i] * rest
        m = mean[i] * beta1 + g
        square[i] = s
        mean[i] = m
        below = np.sqrt(s) + shift
        theta[i] = theta[i] - g / below * of_grad - m / below * of_mean
