"""The sign of a momentum."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from ..typing import Array
from .base import Algorithm, Move, Problem, State
from .options import fraction, non_negative, number, number_or_schedule, scheduled


@frozen
class Lion(Algorithm):
    """
    Evolved sign momentum (Chen et al., 2023, program 1).

    ``theta <- theta - learning_rate (sign(beta1 m + (1 - beta1) g) + weight_decay theta)``, then
    ``m <- beta2 m + (1 - beta2) g``. Every parameter goes the same way, so the learning rate wants to be 3 to 10 times
    smaller than Adam's, and the weight decay as much larger (the same, section 5).

    Args:
        learning_rate: Step length, >= 0, or a schedule.
        beta1: Share of the past in the direction, in [0, 1).
        beta2: Share of the past in the momentum, in [0, 1).
        weight_decay: Decoupled weight decay as in `AdamW`, >= 0.

    Raises:
        OptionError: If a value is out of range.
    """

    learning_rate: float = field(
        default=0.0001, converter=number_or_schedule, validator=scheduled(non_negative)
    )
    beta1: float = field(default=0.9, converter=number, validator=fraction)
    beta2: float = field(default=0.99, converter=number, validator=fraction)
    weight_decay: float = field(default=0.0, converter=number, validator=non_negative)

    def init(self, problem: Problem) -> State:
        return {"mean": problem.zeros()}

    def move(self, state: State) -> Move | None:
        return "lion", ("mean",), self._numbers

    def step(self, problem: Problem, state: State) -> None:
        problem.evaluate()
        if (fused := problem.compiled(lion_kernel)) is not None:
            fused(problem.theta, problem.grad, state["mean"], *self._numbers)
            return
        _, rest, _, of_mean, _, keep = self._numbers
        xp, one, other = problem.xp, problem.temporary(0), problem.temporary(1)
        for theta, grad, m in problem.blocks(problem.theta, problem.grad, state["mean"]):
            mixed, way = one[: len(grad)], other[: len(grad)]
            xp.multiply(grad, rest, out=grad)
            xp.multiply(m, self.beta1, out=mixed)
            xp.add(mixed, grad, out=mixed)
            xp.sign(mixed, out=way)  # in place numpy takes ten times as long
            xp.multiply(way, self.learning_rate, out=way)
            if keep != 1.0:
                xp.multiply(theta, keep, out=theta)
            xp.subtract(theta, way, out=theta)
            xp.multiply(m, self.beta2, out=m)
            xp.multiply(grad, of_mean, out=grad)
            xp.add(m, grad, out=m)

    @property
    def _numbers(self) -> tuple[float, ...]:
        """What the kernel goes by."""
        rest, keep = 1.0 - self.beta1, 1.0 - self.learning_rate * self.weight_decay
        return self.beta1, rest, self.beta2, (1.0 - self.beta2) / rest, self.learning_rate, keep


def lion_kernel(
    theta: Array,
    grad: Array,
    mean: Array,
    beta1: float,
    rest: float,
    beta2: float,
    of_mean: float,
    rate: float,
    keep: float,
) -> None:
    for i in range(theta.size):
        g = grad[i] * rest
        m = mean[i]
        theta[i] = theta[i] * keep - np.sign(m * beta1 + g) * rate
        mean[i] = m * beta2 + g * of_mean
