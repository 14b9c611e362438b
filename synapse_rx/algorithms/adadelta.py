"""Steps in the parameters' own units."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from ..typing import Array
from .base import Algorithm, Move, Problem, State
from .options import fraction, non_negative, number, number_or_schedule, positive, scheduled


@frozen
class Adadelta(Algorithm):
    """
    Steps as large as the past steps' root mean square says (Zeiler, 2012, algorithm 1).

    ``s <- decay s + (1 - decay) g²``, ``u = g sqrt(d + epsilon) / sqrt(s + epsilon)``,
    ``d <- decay d + (1 - decay) u²``, ``theta <- theta - learning_rate u``.

    Args:
        learning_rate: Factor of every step, >= 0, or a schedule; 1 in the paper.
        decay: Share of the past in the running means, in [0, 1).
        epsilon: Added under both roots, > 0; it is what the first steps are made of.

    Raises:
        OptionError: If a value is out of range.
    """

    learning_rate: float = field(default=1.0, converter=number_or_schedule, validator=scheduled(non_negative))
    decay: float = field(default=0.95, converter=number, validator=fraction)
    epsilon: float = field(default=1e-6, converter=number, validator=positive)

    def init(self, problem: Problem) -> State:
        return {"square": problem.zeros(), "moved": problem.zeros()}

    def move(self, state: State) -> Move | None:
        scalars = (self.decay, 1.0 - self.decay, self.epsilon, self.learning_rate)
        return "adadelta", ("square", "moved"), scalars

    def step(self, problem: Problem, state: State) -> None:
        problem.evaluate()
        if (fused := problem.compiled(adadelta_kernel)) is not None:
            vectors = (problem.theta, problem.grad, state["square"], state["moved"])
            fused(*vectors, self.decay, 1.0 - self.decay, self.epsilon, self.learning_rate)
            return
        xp, decay, one, other = problem.xp, self.decay, problem.temporary(0), problem.temporary(1)
        for theta, grad, s, d in problem.blocks(problem.theta, problem.grad, state["square"], state["moved"]):
            above, below = one[: len(grad)], other[: len(grad)]
            xp.multiply(grad, grad, out=below)
            xp.multiply(below, 1.0 - decay, out=below)
            xp.multiply(s, decay, out=s)
            xp.add(s, below, out=s)
            xp.add(s, self.epsilon, out=below)
            xp.add(d, self.epsilon, out=above)
            xp.divide(above, below, out=above)
            xp.sqrt(above, out=above)
            xp.multiply(grad, above, out=grad)
            xp.multiply(grad, grad, out=above)
            xp.multiply(above, 1.0 - decay, out=above)
            xp.multiply(d, decay, out=d)
            xp.add(d, above, out=d)
            xp.multiply(grad, self.learning_rate, out=grad)
            xp.subtract(theta, grad, out=theta)


def adadelta_kernel(
    theta: Array,
    grad: Array,
    square: Array,
    moved: Array,
    decay: float,
    rest: float,
    epsilon: float,
    rate: float,
) -> None:
    for i in range(theta.size):
        s = square[i] * decay + grad[i] * grad[i] * rest
        square[i] = s
        d = moved[i]
        step = grad[i] * np.sqrt((d + epsilon) / (s + epsilon))
        moved[i] = d * decay + step * step * rest
        theta[i] -= step * rate
