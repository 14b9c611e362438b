"""What Adam and its kin share: running means of the gradient and of its square."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..typing import Array
from .base import Algorithm, Move, Problem, State


class Moments(Algorithm):
    """
    An algorithm that goes by the running means ``m <- beta1 m + (1 - beta1) g`` and ``s <- beta2 s + (1 - beta2) g²``.

    Both start at 0; after t steps they are too small by ``1 - beta1^t`` and ``1 - beta2^t`` (Kingma & Ba, 2015,
    section 3). Its state holds t, not powers, and so stays right when the betas are changed.
    """

    __slots__ = ()

    learning_rate: float
    beta1: float
    beta2: float
    epsilon: float

    def init(self, problem: Problem) -> State:
        return {"steps": 0, "mean": problem.zeros(), "square": problem.zeros()}

    @property
    def _rests(self) -> tuple[float, float]:
        """What multiplies the gradient, and then its square."""
        rest = 1.0 - self.beta1
        return rest, (1.0 - self.beta2) / (rest * rest)

    def _corrected(self, steps: int) -> tuple[float, float]:
        """Return what is added to the root and what multiplies the quotient in the ``steps``-th of Adam's steps."""
        correction, root = 1.0 - self.beta1**steps, (1.0 - self.beta2**steps) ** 0.5
        return self.epsilon * root, self.learning_rate * root / correction

    def _adam_move(self, state: State, keep: float) -> Move | None:
        state["steps"] += 1
        scalars = (self.beta1, self.beta2, *self._rests, *self._corrected(state["steps"]), keep)
        if "highest" in state:
            return "amsgrad", ("mean", "square", "highest"), scalars
        return "adam", ("mean", "square"), scalars

    def _follow(self, xp: Any, grad: Array, m: Array, s: Array) -> None:
        """Let m and s follow the gradient, which is spent afterwards."""
        rest, of_square = self._rests
        xp.multiply(grad, rest, out=grad)
        xp.multiply(m, self.beta1, out=m)
        xp.add(m, grad, out=m)
        xp.multiply(grad, grad, out=grad)
        xp.multiply(grad, of_square, out=grad)
        xp.multiply(s, self.beta2, out=s)
        xp.add(s, grad, out=s)

    def _adam(self, problem: Problem, state: State, keep: float) -> None:
        """Take Adam's step from the evaluated gradient, with theta times ``keep`` before it."""
        state["steps"] += 1
        shift, rate = self._corrected(state["steps"])
        xp, highest = problem.xp, state.get("highest")
        fused = problem.compiled(adam_kernel if highest is None else amsgrad_kernel)
        if fused is not None:
            vectors = [problem.theta, problem.grad, state["mean"], state["square"]]
            highs = [] if highest is None else [highest]
            fused(*vectors, *highs, self.beta1, self.beta2, *self._rests, shift, rate, keep)
            return
        vectors = (state["mean"], state["square"], *(() if highest is None else (highest,)))
        for theta, grad, m, s, *high in problem.blocks(problem.theta, problem.grad, *vectors):
            self._follow(xp, grad, m, s)
            if high:
                xp.maximum(high[0], s, out=high[0])
            xp.sqrt(high[0] if high else s, out=grad)
            # (m / correction) / (sqrt(s) / root + epsilon), with the fraction expanded by root
            xp.add(grad, shift, out=grad)
            xp.divide(m, grad, out=grad)
            xp.multiply(grad, rate, out=grad)
            if keep != 1.0:
                xp.multiply(theta, keep, out=theta)
            xp.subtract(theta, grad, out=theta)


def adam_kernel(
    theta: Array,
    grad: Array,
    mean: Array,
    square: Array,
    beta1: float,
    beta2: float,
    rest: float,
    of_square: float,
    shift: float,
    rate: float,
    keep: float,
) -> None:
    for i in range(theta.size):
        g = grad[i] * rest
        m = mean[i] * beta1 + g
        s = square[i] * beta2 + g * g * of_square
        mean[i] = m
        square[i] = s
        theta[i] = theta[i] * keep - m / (np.sqrt(s) + shift) * rate


def amsgrad_kernel(
    theta: Array,
    grad: Array,
    mean: Array,
    square: Array,
    highest: Array,
    beta1: float,
    beta2: float,
    rest: float,
    of_square: float,
    shift: float,
    rate: float,
    keep: float,
) -> None:
    for i in range(theta.size):
        g = grad[i] * rest
        m = mean[i] * beta1 + g
        s = square[i] * beta2 + g * g * of_square
        high = max(highest[i], s)
        mean[i] = m
        square[i] = s
        highest[i] = high
        theta[i] = theta[i] * keep - m / (np.sqrt(high) + shift) * rate
