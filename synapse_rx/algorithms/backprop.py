"""Gradient descent on mini-batches, with momentum and gains."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from attrs import field, frozen

from ..errors import OptionError
from ..typing import Array
from .base import Algorithm, Move, Problem, State
from .momentum import check_nesterov, correct, descend, look_ahead, roll
from .options import flag, fraction, non_negative, number, number_or_schedule, positive, scheduled


@frozen
class Backprop(Algorithm):
    """
    Stochastic gradient descent with momentum and gains; also known as "sgd".

    Classical momentum (Polyak, 1964): ``v <- momentum v - learning_rate g(theta)``, ``theta <- theta + v``.
    Nesterov's (Sutskever et al., 2013, equations 3 and 4): the same with the gradient taken at
    ``theta + momentum v``. Between steps theta is the iterate itself, not the point looked ahead to.

    Adaptive gains (Hinton, 2012, lecture 6d; as in Synaptic) multiply the learning rate of each parameter. They start
    at 1; a gain grows by 0.05 where ``-g`` and the last step taken, momentum included, have the same sign, else it is
    multiplied by 0.95.

    Args:
        learning_rate: Step length, >= 0, or a schedule.
        momentum: Share of the last step that is taken again, in [0, 1), or a schedule.
        nesterov: Look ahead before taking the gradient; needs a momentum > 0.
        adaptive: Give each parameter a gain of its own.
        min_gain: The smallest gain, > 0.
        max_gain: The largest gain.

    Raises:
        OptionError: If a value is out of range, the smallest gain is above the largest, or nesterov is asked for
            without momentum.
    """

    aliases: ClassVar[tuple[str, ...]] = ("sgd",)

    learning_rate: float = field(default=0.1, converter=number_or_schedule, validator=scheduled(non_negative))
    momentum: float = field(default=0.0, converter=number_or_schedule, validator=scheduled(fraction))
    nesterov: bool = field(default=False, validator=flag)
    adaptive: bool = field(default=False, validator=flag)
    min_gain: float = field(default=0.01, converter=number, validator=positive)
    max_gain: float = field(default=10.0, converter=number, validator=positive)

    def __attrs_post_init__(self) -> None:
        check_nesterov(self.nesterov, self.momentum)
        if self.min_gain > self.max_gain:
            raise OptionError(f"min_gain {self.min_gain:g} is above max_gain {self.max_gain:g}")

    def init(self, problem: Problem) -> State:
        state: State = {}
        if self.momentum or self.adaptive:
            state["velocity"] = problem.zeros()
        if self.adaptive:
            state |= {"gain": problem.zeros(), "steps": 0}
        return state

    def step(self, problem: Problem, state: State) -> None:
        velocity = state.get("velocity")
        if self.nesterov and self.momentum:
            look_ahead(problem, velocity, self.momentum)
        problem.evaluate()
        if self.adaptive:
            self._gain(problem, state)
        if velocity is None:
            descend(problem, self.learning_rate)
        elif self.nesterov and self.momentum:
            correct(problem, velocity, self.learning_rate)
        else:
            roll(problem, velocity, self.momentum, self.learning_rate)

    def move(self, state: State) -> Move | None:
        if self.adaptive:
            if self.nesterov:
                return None
            state["steps"] += 1
            bounds = (self.min_gain, self.max_gain, 0.05, 0.95, 0.0)
            first = 1.0 if state["steps"] == 1 else 0.0
            return "gain", ("velocity", "gain"), (self.momentum, self.learning_rate, first, *bounds)
        if "velocity" not in state:
            return "descend", (), (self.learning_rate,)
        name = "look_ahead" if self.nesterov and self.momentum else "roll"
        return name, ("velocity",), (self.momentum, self.learning_rate)

    def _gain(self, problem: Problem, state: State) -> None:
        xp = problem.xp
        state["steps"] += 1
        if state["steps"] == 1:
            state["gain"].fill(1.0)
            return
        if (fused := problem.compiled(gain_kernel)) is not None:
            vectors = (problem.grad, state["velocity"], state["gain"])
            fused(*vectors, self.min_gain, self.max_gain, 0.05, 0.95, 0.0)
            return
        one, other = problem.temporary(0), problem.temporary(1)
        for grad, v, gain in problem.blocks(problem.grad, state["velocity"], state["gain"]):
            # 1 where downhill is where the last step went, else 0; signs, because the product may underflow.
            signs, along = one[: len(grad)], other[: len(grad)]
            xp.sign(grad, out=signs)
            xp.multiply(signs, v, out=signs)
            xp.less(signs, 0.0, out=along)
            # 0.05 is added or 0; then 0.95 + 0.05 or 0.95 is the factor, the sum being 1 in every precision
            xp.multiply(along, 0.05, out=along)
            xp.add(gain, along, out=gain)
            xp.add(along, 0.95, out=along)
            xp.multiply(gain, along, out=gain)
            xp.clip(gain, self.min_gain, self.max_gain, out=gain)
            xp.multiply(grad, gain, out=grad)


def gain_kernel(
    grad: Array, velocity: Array, gain: Array, low: float, high: float, more: float, less: float, zero: float
) -> None:
    for i in range(grad.size):
        # where the step went on, 0.05 is added and the factor is 0.95 + 0.05 = 1
        along = more if np.sign(grad[i]) * velocity[i] < zero else zero
        g = min(max((gain[i] + along) * (along + less), low), high)
        gain[i] = g
        grad[i] *= g
