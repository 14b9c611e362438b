"""Momentum: a velocity that keeps part of the last step."""

from __future__ import annotations

from typing import Any

from ..errors import OptionError
from ..schedules import Schedule
from ..typing import Array
from .base import Problem


def check_nesterov(nesterov: bool, momentum: Any) -> None:
    """Raise an OptionError if there is to be a look ahead but nothing to look ahead by."""
    if nesterov and not isinstance(momentum, Schedule) and not momentum:
        raise OptionError("nesterov needs a momentum > 0, such as momentum=0.9")


def look_ahead(problem: Problem, velocity: Array, momentum: float) -> None:
    """Take the part of the last step that is taken again: ``v <- momentum v``, ``theta <- theta + v``."""
    if (fused := problem.compiled(look_ahead_kernel)) is not None:
        fused(problem.theta, velocity, momentum)
        return
    xp = problem.xp
    for theta, v in problem.blocks(problem.theta, velocity):
        xp.multiply(v, momentum, out=v)
        xp.add(theta, v, out=theta)


def correct(problem: Problem, velocity: Array, rate: float) -> None:
    """After a look ahead: ``v <- v - rate grad``, ``theta <- theta - rate grad``."""
    if (fused := problem.compiled(correct_kernel)) is not None:
        fused(problem.theta, problem.grad, velocity, rate)
        return
    xp = problem.xp
    for theta, grad, v in problem.blocks(problem.theta, problem.grad, velocity):
        xp.multiply(grad, rate, out=grad)
        xp.subtract(v, grad, out=v)
        xp.subtract(theta, grad, out=theta)


def roll(problem: Problem, velocity: Array, momentum: float, rate: float) -> None:
    """Take a step with momentum: ``v <- momentum v - rate grad``, ``theta <- theta + v``."""
    if (fused := problem.compiled(roll_kernel)) is not None:
        fused(problem.theta, problem.grad, velocity, momentum, rate)
        return
    xp = problem.xp
    for theta, grad, v in problem.blocks(problem.theta, problem.grad, velocity):
        xp.multiply(v, momentum, out=v)
        xp.multiply(grad, rate, out=grad)
        xp.subtract(v, grad, out=v)
        xp.add(theta, v, out=theta)


def descend(problem: Problem, rate: float) -> None:
    """Take a step without momentum: ``theta <- theta - rate grad``."""
    if (fused := problem.compiled(descend_kernel)) is not None:
        fused(problem.theta, problem.grad, rate)
        return
    xp = problem.xp
    for theta, grad in problem.blocks(problem.theta, problem.grad):
        xp.multiply(grad, rate, out=grad)
        xp.subtract(theta, grad, out=theta)


def look_ahead_kernel(theta: Array, velocity: Array, momentum: float) -> None:
    for i in range(theta.size):
        v = velocity[i] * momentum
        velocity[i] = v
        theta[i] += v


def correct_kernel(theta: Array, grad: Array, velocity: Array, rate: float) -> None:
    for i in range(theta.size):
        step = grad[i] * rate
        velocity[i] -= step
        theta[i] -= step


def roll_kernel(theta: Array, grad: Array, velocity: Array, momentum: float, rate: float) -> None:
    for i in range(theta.size):
        v = velocity[i] * momentum - grad[i] * rate
        velocity[i] = v
        theta[i] += v


def descend_kernel(theta: Array, grad: Array, rate: float) -> None:
    for i in range(theta.size):
        theta[i] -= grad[i] * rate
