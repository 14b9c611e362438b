"""Gradient descent on mini-batches, with momentum."""

from __future__ import annotations

from typing import ClassVar

from attrs import field, frozen

from ..errors import OptionError
from .base import Algorithm, Problem, State
from .options import flag, fraction, non_negative, number


@frozen
class Backprop(Algorithm):
    """
    Stochastic gradient descent with classical or Nesterov momentum; also known as "sgd".

    Classical (Polyak, 1964): ``v <- momentum v - learning_rate g(theta)``, ``theta <- theta + v``.
    Nesterov (Sutskever et al., 2013, equations 3 and 4): the same with the gradient taken at
    ``theta + momentum v``. Between steps theta is the iterate itself, not the point looked ahead to.

    Args:
        learning_rate: Step length, >= 0.
        momentum: Share of the last step that is taken again, in [0, 1).
        nesterov: Look ahead before taking the gradient; needs a momentum > 0.

    Raises:
        OptionError: If a value is out of range, or nesterov is asked for without momentum.
    """

    aliases: ClassVar[tuple[str, ...]] = ("sgd",)

    learning_rate: float = field(default=0.1, converter=number, validator=non_negative)
    momentum: float = field(default=0.0, converter=number, validator=fraction)
    nesterov: bool = field(default=False, validator=flag)

    def __attrs_post_init__(self) -> None:
        if self.nesterov and not self.momentum:
            raise OptionError("nesterov needs a momentum > 0, such as momentum=0.9")

    def init(self, problem: Problem) -> State:
        return {"velocity": problem.zeros()} if self.momentum else {}

    def step(self, problem: Problem, state: State) -> None:
        if not self.momentum:
            problem.evaluate()
            self._descend(problem)
        elif self.nesterov:
            self._look_ahead(problem, state["velocity"])
            problem.evaluate()
            self._correct(problem, state["velocity"])
        else:
            problem.evaluate()
            self._roll(problem, state["velocity"])

    def _descend(self, problem: Problem) -> None:
        xp = problem.xp
        for theta, grad in problem.blocks(problem.theta, problem.grad):
            xp.multiply(grad, self.learning_rate, out=grad)
            xp.subtract(theta, grad, out=theta)

    def _roll(self, problem: Problem, velocity: object) -> None:
        xp = problem.xp
        for theta, grad, v in problem.blocks(problem.theta, problem.grad, velocity):
            xp.multiply(v, self.momentum, out=v)
            xp.multiply(grad, self.learning_rate, out=grad)
            xp.subtract(v, grad, out=v)
            xp.add(theta, v, out=theta)

    def _look_ahead(self, problem: Problem, velocity: object) -> None:
        xp = problem.xp
        for theta, v in problem.blocks(problem.theta, velocity):
            xp.multiply(v, self.momentum, out=v)
            xp.add(theta, v, out=theta)

    def _correct(self, problem: Problem, velocity: object) -> None:
        xp = problem.xp
        for theta, grad, v in problem.blocks(problem.theta, problem.grad, velocity):
            xp.multiply(grad, self.learning_rate, out=grad)
            xp.subtract(v, grad, out=v)
            xp.subtract(theta, grad, out=theta)
