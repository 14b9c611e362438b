"""Gradients divided by a running root mean square."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ..errors import OptionError
from ..typing import Array
from .base import Algorithm, Move, Problem, State
from .momentum import check_nesterov, correct, descend, look_ahead, roll
from .options import flag, fraction, non_negative, number, number_or_schedule, one_of, positive, scheduled


@frozen
class RMSprop(Algorithm):
    """
    Gradient descent with each gradient divided by the running root mean square of its past (Hinton, 2012, lecture 6e).

    ``s <- decay s + (1 - decay) g²``, ``u = g / (sqrt(s) + epsilon)``; a step goes along ``-learning_rate u``, with
    momentum as in `Backprop`. Nesterov's momentum looks ahead by the momentum alone, so that the root mean square
    divides the correction and not the jump (the same lecture, slide 29).

    Centred (Graves, 2013, equations 38 to 41), the root of the variance divides: ``s - m²`` in place of s, where m is
    the running mean of g.

    The variant "synaptic" is that of Synaptic: the first s is g², there is no epsilon, and where s is 0 nothing is
    divided.

    Args:
        learning_rate: Step length, >= 0, or a schedule.
        decay: Share of the past in the running means, in [0, 1).
        epsilon: Added to the root, > 0.
        centered: Divide by the root of the variance.
        momentum: Share of the last step that is taken again, in [0, 1), or a schedule.
        nesterov: Look ahead before taking the gradient; needs a momentum > 0.
        variant: "standard" or "synaptic".

    Raises:
        OptionError: If a value is out of range, nesterov is asked for without momentum, or "synaptic" centred.
    """

    hints: ClassVar[Mapping[str, str]] = {"alpha": "it is called decay", "rho": "it is called decay"}

    learning_rate: float = field(
        default=0.001, converter=number_or_schedule, validator=scheduled(non_negative)
    )
    decay: float = field(default=0.9, converter=number, validator=fraction)
    epsilon: float = field(default=1e-8, converter=number, validator=positive)
    centered: bool = field(default=False, validator=flag)
    momentum: float = field(default=0.0, converter=number_or_schedule, validator=scheduled(fraction))
    nesterov: bool = field(default=False, validator=flag)
    variant: str = field(default="standard", validator=one_of("standard", "synaptic"))

    def __attrs_post_init__(self) -> None:
        check_nesterov(self.nesterov, self.momentum)
        if self.centered and self.variant == "synaptic":
            raise OptionError("rmsprop is centred in its variant 'standard' only")

    def init(self, problem: Problem) -> State:
        state: State = {"steps": 0, "square": problem.zeros()}
        if self.centered:
            state["mean"] = problem.zeros()
        if self.momentum:
            state["velocity"] = problem.zeros()
        return state

    def step(self, problem: Problem, state: State) -> None:
        velocity = state.get("velocity")
        ahead = self.nesterov and self.momentum
        if ahead:
            look_ahead(problem, velocity, self.momentum)
        problem.evaluate()
        state["steps"] += 1
        if self.variant == "synaptic":
            self._divide_exactly(problem, state["square"], state["steps"] == 1)
        else:
            self._divide(problem, state["square"], state.get("mean"))
        if velocity is None:
            descend(problem, self.learning_rate)
        elif ahead:
            correct(problem, velocity, self.learning_rate)
        else:
            roll(problem, velocity, self.momentum, self.learning_rate)

    def move(self, state: State) -> Move | None:
        if self.momentum:
            return None
        state["steps"] += 1
        past = (self.learning_rate, self.decay, 1.0 - self.decay)
        if self.variant == "synaptic":
            return "divide_exactly", ("square",), (*past, 1.0 if state["steps"] == 1 else 0.0, 0.0)
        if self.centered:
            return "divide_centered", ("square", "mean"), (*past, self.epsilon, 0.0)
        return "divide", ("square",), (*past, self.epsilon)

    def _divide(self, problem: Problem, square: Array, mean: Array | None) -> None:
        rest = 1.0 - self.decay
        if mean is None and (fused := problem.compiled(divide_kernel)) is not None:
            fused(problem.grad, square, self.decay, rest, self.epsilon)
            return
        if mean is not None and (fused := problem.compiled(divide_centered_kernel)) is not None:
            fused(problem.grad, square, mean, self.decay, rest, self.epsilon, 0.0)
            return
        xp, one = problem.xp, problem.temporary(0)
        means = () if mean is None else (mean,)
        for grad, s, *m in problem.blocks(problem.grad, square, *means):
            root = one[: len(grad)]
            self._follow(xp, s, grad, root)
            if m:
                # m <- m + (1 - decay) (g - m)
                xp.subtract(grad, m[0], out=root)
                xp.multiply(root, rest, out=root)
                xp.add(m[0], root, out=m[0])
                xp.multiply(m[0], m[0], out=root)
                xp.subtract(s, root, out=root)
                # Rounding may leave a variance just below 0.
                xp.maximum(root, 0.0, out=root)
                xp.sqrt(root, out=root)
            else:
                xp.sqrt(s, out=root)
            xp.add(root, self.epsilon, out=root)
            xp.divide(grad, root, out=grad)

    def _divide_exactly(self, problem: Problem, square: Array, first: bool) -> None:
        if (fused := problem.compiled(divide_exactly_kernel)) is not None:
            fused(problem.grad, square, first, self.decay, 1.0 - self.decay, 0.0)
            return
        xp, one, other = problem.xp, problem.temporary(0), problem.temporary(1)
        for grad, s in problem.blocks(problem.grad, square):
            root, zero = one[: len(grad)], other[: len(grad)]
            if first:
                xp.multiply(grad, grad, out=s)
            else:
                self._follow(xp, s, grad, root)
            xp.sqrt(s, out=root)
            xp.equal(root, 0.0, out=zero)
            xp.add(root, zero, out=root)
            xp.divide(grad, root, out=grad)

    def _follow(self, xp: Any, s: Array, grad: Array, temporary: Array) -> None:
        """Let s follow the square of the gradient."""
        xp.multiply(grad, grad, out=temporary)
        xp.multiply(temporary, 1.0 - self.decay, out=temporary)
        xp.multiply(s, self.decay, out=s)
        xp.add(s, temporary, out=s)


def divide_kernel(grad: Array, square: Array, decay: float, rest: float, epsilon: float) -> None:
    for i in range(grad.size):
        s = square[i] * decay + grad[i] * grad[i] * rest
        square[i] = s
        grad[i] /= np.sqrt(s) + epsilon


def divide_centered_kernel(
    grad: Array, square: Array, mean: Array, decay: float, rest: float, epsilon: float, zero: float
) -> None:
    for i in range(grad.size):
        s = square[i] * decay + grad[i] * grad[i] * rest
        square[i] = s
        m = mean[i] + (grad[i] - mean[i]) * rest
        mean[i] = m
        grad[i] /= np.sqrt(max(s - m * m, zero)) + epsilon


def divide_exactly_kernel(
    grad: Array, square: Array, first: bool, decay: float, rest: float, zero: float
) -> None:
    for i in range(grad.size):
        g = grad[i]
        s = g * g if first else square[i] * decay + g * g * rest
        square[i] = s
        if s != zero:
            grad[i] = g / np.sqrt(s)
