"""Resilient backpropagation."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from attrs import field, frozen

from ..errors import OptionError
from ..typing import Array
from .base import Algorithm, Move, Problem, State
from .options import fraction, number, number_or_schedule, one_of, positive, scheduled


@frozen
class RProp(Algorithm):
    """
    Resilient backpropagation: each parameter has a step of its own, and only the gradient's sign counts.

    A step grows (``increase``) while the sign of the gradient stays and shrinks (``decrease``) when it turns, within
    ``min_step`` and ``max_step``; then the parameter goes by it, downhill. Made for full batches. The variants differ
    in what happens where the sign turned:

    - "irprop-" (Igel & Hüsken, 2003, algorithm 4; PyTorch's): the parameter waits for one step.
    - "irprop+" (the same, algorithm 3): its last step is taken back if the loss has risen, else it waits.
    - "rprop+" (Riedmiller & Braun, 1993): its last step is taken back.
    - "synaptic" (Synaptic's rule): it goes on in the new direction. The new direction is compared with the last step
      taken, momentum included, and a zero counts as a turn.

    Args:
        initial_step: Every parameter's first step, > 0.
        min_step: The smallest step, > 0.
        max_step: The largest step.
        increase: What a step is multiplied by while the sign stays, > 1.
        decrease: What it is multiplied by when the sign turns, in (0, 1).
        variant: One of the four.
        momentum: Share of the last step that is taken again, in [0, 1), or a schedule; for "synaptic" only.

    Raises:
        OptionError: If a value is out of range, the smallest step is above the largest, or another variant is given
            a momentum.
    """

    initial_step: float = field(default=0.01, converter=number, validator=positive)
    min_step: float = field(default=1e-6, converter=number, validator=positive)
    max_step: float = field(default=50.0, converter=number, validator=positive)
    increase: float = field(default=1.2, converter=number, validator=positive)
    decrease: float = field(default=0.5, converter=number, validator=positive)
    variant: str = field(default="irprop-", validator=one_of("irprop-", "irprop+", "rprop+", "synaptic"))
    momentum: float = field(default=0.0, converter=number_or_schedule, validator=scheduled(fraction))

    def __attrs_post_init__(self) -> None:
        if self.min_step > self.max_step:
            raise OptionError(f"min_step {self.min_step:g} is above max_step {self.max_step:g}")
        if not self.decrease < 1 < self.increase:
            raise OptionError(
                f"decrease must be below 1 and increase above it, not {self.decrease:g} and {self.increase:g}"
            )
        if self.momentum and self.variant != "synaptic":
            raise OptionError(f"rprop takes momentum in its variant 'synaptic' only, not in {self.variant!r}")

    def init(self, problem: Problem) -> State:
        # The direction of the last step is kept by two names, as it means two things: what was moved, or the sign.
        last = "moved" if self.variant == "synaptic" else "sign"
        state: State = {"steps": 0, "size": problem.zeros(), last: problem.zeros()}
        if self.variant == "irprop+":
            state["loss"] = sys.float_info.max
        return state

    def move(self, state: State) -> Move | None:
        if self.variant == "irprop+":
            return None  # it goes by the loss
        state["steps"] += 1
        bounds = (self.increase, self.decrease, self.min_step, self.max_step)
        start = (1.0 if state["steps"] == 1 else 0.0, self.initial_step)
        if self.variant == "synaptic":
            return "turn", ("size", "moved"), (*start, *bounds, self.momentum)
        back = 1.0 if self.variant == "rprop+" else 0.0
        return "wait", ("size", "sign"), (*start, *bounds, back, 0.0, 1.0)

    def step(self, problem: Problem, state: State) -> None:
        problem.evaluate()
        state["steps"] += 1
        first = state["steps"] == 1
        if first:
            state["size"].fill(self.initial_step)
        if self.variant == "synaptic":
            self._turn(problem, state, first)
            return
        back = self.variant == "rprop+"
        if self.variant == "irprop+":
            loss = problem.loss
            back, state["loss"] = loss > state["loss"], loss
        self._wait(problem, state, back)

    def _wait(self, problem: Problem, state: State, back: bool) -> None:
        """Stand still where the sign turned, after taking the last step ``back`` if asked to."""
        vectors = (problem.theta, problem.grad, state["size"], state["sign"])
        if (fused := problem.compiled(wait_kernel)) is not None:
            bounds = (self.min_step, self.max_step)
            fused(*vectors, back, self.increase, self.decrease, *bounds, 0.0, 1.0)
            return
        xp, one, other = problem.xp, problem.temporary(0), problem.temporary(1)
        for theta, grad, size, last in problem.blocks(*vectors):
            # Signs instead of gradients, so that no product underflows; last is that of the last gradient, 0 if none.
            # Never in place: there numpy's sign takes ten times as long.
            now, turned, agree = one[: len(grad)], other[: len(grad)], grad
            xp.sign(grad, out=now)
            xp.multiply(now, last, out=agree)
            xp.minimum(agree, 0.0, out=turned)
            if back:
                xp.multiply(last, turned, out=last)
                xp.multiply(last, size, out=last)
                xp.subtract(theta, last, out=theta)
            xp.add(turned, 1.0, out=turned)
            xp.multiply(now, turned, out=last)
            # increase, 1 or decrease where agree is 1, 0 or -1
            xp.multiply(agree, self.increase, out=agree)
            xp.add(agree, 1.0, out=agree)
            xp.minimum(agree, self.increase, out=agree)
            self._resize(xp, size, agree)
            xp.multiply(last, size, out=now)
            xp.subtract(theta, now, out=theta)

    def _turn(self, problem: Problem, state: State, first: bool) -> None:
        """Go in the new direction wherever the sign turned."""
        vectors = (problem.theta, problem.grad, state["size"], state["moved"])
        if (fused := problem.compiled(turn_kernel)) is not None:
            bounds = (self.min_step, self.max_step)
            fused(*vectors, first, self.increase, self.decrease, *bounds, self.momentum)
            return
        xp, one, other = problem.xp, problem.temporary(0), problem.temporary(1)
        for theta, grad, size, last in problem.blocks(*vectors):
            now, against = one[: len(grad)], other[: len(grad)]
            xp.sign(grad, out=now)
            if not first:
                xp.multiply(now, last, out=grad)
                xp.sign(grad, out=against)
                # increase where the step goes on, else below decrease
                xp.multiply(against, -self.increase, out=against)
                self._resize(xp, size, against)
            xp.multiply(now, size, out=now)
            xp.multiply(last, self.momentum, out=last)
            xp.subtract(last, now, out=last)
            xp.add(theta, last, out=theta)

    def _resize(self, xp: Any, size: Array, factor: Array) -> None:
        """Multiply sizes by factors of at least ``decrease``, within their bounds."""
        xp.maximum(factor, self.decrease, out=factor)
        xp.multiply(size, factor, out=size)
        xp.clip(size, self.min_step, self.max_step, out=size)


def start_kernel(size: Array, first: bool, step: float) -> None:
    for i in range(size.size):
        if first:
            size[i] = step


def wait_kernel(
    theta: Array,
    grad: Array,
    size: Array,
    last: Array,
    back: bool,
    increase: float,
    decrease: float,
    low: float,
    high: float,
    zero: float,
    one: float,
) -> None:
    for i in range(theta.size):
        now, before, length = np.sign(grad[i]), last[i], size[i]
        agree = now * before
        turned = agree < zero
        if back and turned:
            theta[i] += before * length
            # the step taken back is the one that was taken: against the sign
        factor = increase if agree > zero else decrease if turned else one
        length = min(max(length * factor, low), high)
        size[i] = length
        way = zero if turned else now
        last[i] = way
        theta[i] -= way * length


def turn_kernel(
    theta: Array,
    grad: Array,
    size: Array,
    moved: Array,
    first: bool,
    increase: float,
    decrease: float,
    low: float,
    high: float,
    momentum: float,
) -> None:
    for i in range(theta.size):
        now, length = np.sign(grad[i]), size[i]
        if not first:
            # increase where the step goes on, else decrease
            factor = max(np.sign(now * moved[i]) * -increase, decrease)
            length = min(max(length * factor, low), high)
            size[i] = length
        step = moved[i] * momentum - now * length
        moved[i] = step
        theta[i] += step
