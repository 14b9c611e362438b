"""
The steps of algorithms in machine code, float32, one for each of `moves.MOVES`, called by their addresses.

So only those that a training takes are compiled. Imported only where kernels are compiled (`synapse_rx.fast`).

All take the same whole numbers: the addresses of parameters, of their gradient and of up to three vectors of the
algorithm's state, how many numbers each has, and the address of what the step needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..algorithms.adadelta import adadelta_kernel
from ..algorithms.adagrad import adagrad_kernel
from ..algorithms.backprop import gain_kernel
from ..algorithms.lion import lion_kernel
from ..algorithms.moments import adam_kernel, amsgrad_kernel
from ..algorithms.momentum import correct_kernel, descend_kernel, look_ahead_kernel, roll_kernel
from ..algorithms.nadam import nadam_kernel
from ..algorithms.rmsprop import divide_centered_kernel, divide_exactly_kernel, divide_kernel
from ..algorithms.rprop import turn_kernel, wait_kernel
from ..fast import address, jit
from ..instructions.addresses import WORD, address_of, call, numbers_at
from .moves import SCALARS
from .plain.elementwise_kernel import ONE, ZERO

_descend, _roll, _look_ahead, _correct = map(
    jit, (descend_kernel, roll_kernel, look_ahead_kernel, correct_kernel)
)
_adam, _amsgrad, _nadam = map(jit, (adam_kernel, amsgrad_kernel, nadam_kernel))
_adagrad, _adadelta, _lion, _gain = map(jit, (adagrad_kernel, adadelta_kernel, lion_kernel, gain_kernel))
_divide, _divide_centered, _divide_exactly = map(
    jit, (divide_kernel, divide_centered_kernel, divide_exactly_kernel)
)
_wait, _turn = map(jit, (wait_kernel, turn_kernel))


def step_addresses(name: str) -> tuple[int, int]:
    """Return where the step of a move is, and what comes before the gradient, 0 for nothing."""
    ahead = look_ahead if name == "look_ahead" else None
    return address(STEPS[name]), 0 if ahead is None else address(ahead)


@jit
def take(step: int, theta: Any, grad: Any, slots: Any, begin: int, end: int, p: Any) -> None:
    """Take the step at an address, of the parameters from ``begin`` to before ``end``, whose gradient is given."""
    u, v, w = slots
    at = WORD * begin
    here, of_grad, needs = address_of(theta) + at, address_of(grad), address_of(p)
    of_u, of_v, of_w = address_of(u) + at, address_of(v) + at, address_of(w) + at
    call(step, (here, of_grad, of_u, of_v, of_w, end - begin, needs))


def look_ahead(theta: int, grad: int, u: int, v: int, w: int, n: int, p: int) -> None:
    _look_ahead(numbers_at(theta, n), numbers_at(u, n), numbers_at(p, SCALARS)[0])


def _by_descend(theta: int, grad: int, u: int, v: int, w: int, n: int, p: int) -> None:
    _descend(numbers_at(theta, n), numbers_at(grad, n), numbers_at(p, SCALARS)[0])


def _by_roll(theta: int, grad: int, u: int, v: int, w: int, n: int, p: int) -> None:
    q = numbers_at(p, SCALARS)
    _roll(numbers_at(theta, n), numbers_at(grad, n), numbers_at(u, n), q[0], q[1])


def _by_correct(theta: int, grad: int, u: int, v: int, w: int, n: int, p: int) -> None:
    _correct(numbers_at(theta, n), numbers_at(grad, n), numbers_at(u, n), numbers_at(p, SCALARS)[1])


def _by_adam(theta: int, grad: int, u: int, v: int, w: int, n: int, p: int) -> None:
    q, first, second = numbers_at(p, SCALARS), numbers_at(u, n), numbers_at(v, n)
    _adam(numbers_at(theta, n), numbers_at(grad, n), first, second, q[0], q[1], q[2], q[3], q[4], q[5], q[6])


def _by_divide(theta: int, grad: int, u: int, v: int, w: int, n: int, p: int) -> None:
    q, d = numbers_at(p, SCALARS), numbers_at(grad, n)
    _divide(d, numbers_at(u, n), q[1], q[2], q[3])
    _descend(numbers_at(theta, n), d, q[0])


def _by_amsgrad(theta: int, grad: int, u: int, v: int, w: int, n: int, p: int) -> None:
    q, d, first, second, third = (
        numbers_at(p, SCALARS),
        numbers_at(grad, n),
        numbers_at(u, n),
        numbers_at(v, n),
        numbers_at(w, n),
    )
    _amsgrad(numbers_at(theta, n), d, first, second, third, q[0], q[1], q[2], q[3], q[4], q[5], q[6])


def _by_nadam(theta: int, grad: int, u: int, v: int, w: int, n: int, p: int) -> None:
    q, first, second = numbers_at(p, SCALARS), numbers_at(u, n), numbers_at(v, n)
    _nadam(numbers_at(theta, n), numbers_at(grad, n), first, second, q[0], q[1], q[2], q[3], q[4], q[5], q[6])


def _by_adagrad(theta: int, grad: int, u: int, v: int, w: int, n: int, p: int) -> None:
    q = numbers_at(p, SCALARS)
    _adagrad(numbers_at(theta, n), numbers_at(grad, n), numbers_at(u, n), q[0], q[1])


def _by_adadelta(theta: int, grad: int, u: int, v: int, w: int, n: int, p: int) -> None:
    q, first, second = numbers_at(p, SCALARS), numbers_at(u, n), numbers_at(v, n)
    _adadelta(numbers_at(theta, n), numbers_at(grad, n), first, second, q[0], q[1], q[2], q[3])


def _by_lion(theta: int, grad: int, u: int, v: int, w: int, n: int, p: int) -> None:
    q, first = numbers_at(p, SCALARS), numbers_at(u, n)
    _lion(numbers_at(theta, n), numbers_at(grad, n), first, q[0], q[1], q[2], q[3], q[4], q[5])


def _by_gain(theta: int, grad: int, u: int, v: int, w: int, n: int, p: int) -> None:
    q, d, velocity, gains = numbers_at(p, SCALARS), numbers_at(grad, n), numbers_at(u, n), numbers_at(v, n)
    if q[2] > ZERO:
        for i in range(n):
            gains[i] = ONE
    else:
        _gain(d, velocity, gains, q[3], q[4], q[5], q[6], q[7])
    _roll(numbers_at(theta, n), d, velocity, q[0], q[1])


def _by_divide_centered(theta: int, grad: int, u: int, v: int, w: int, n: int, p: int) -> None:
    q, d = numbers_at(p, SCALARS), numbers_at(grad, n)
    _divide_centered(d, numbers_at(u, n), numbers_at(v, n), q[1], q[2], q[3], q[4])
    _descend(numbers_at(theta, n), d, q[0])


def _by_divide_exactly(theta: int, grad: int, u: int, v: int, w: int, n: int, p: int) -> None:
    q, d = numbers_at(p, SCALARS), numbers_at(grad, n)
    _divide_exactly(d, numbers_at(u, n), q[3] > ZERO, q[1], q[2], q[4])
    _descend(numbers_at(theta, n), d, q[0])


def _by_wait(theta: int, grad: int, u: int, v: int, w: int, n: int, p: int) -> None:
    q, first, second = numbers_at(p, SCALARS), numbers_at(u, n), numbers_at(v, n)
    if q[0] > ZERO:
        for i in range(n):
            first[i] = q[1]
    _wait(
        numbers_at(theta, n),
        numbers_at(grad, n),
        first,
        second,
        q[6] > ZERO,
        q[2],
        q[3],
        q[4],
        q[5],
        q[7],
        q[8],
    )


def _by_turn(theta: int, grad: int, u: int, v: int, w: int, n: int, p: int) -> None:
    q, first, second = numbers_at(p, SCALARS), numbers_at(u, n), numbers_at(v, n)
    if q[0] > ZERO:
        for i in range(n):
            first[i] = q[1]
    _turn(numbers_at(theta, n), numbers_at(grad, n), first, second, q[0] > ZERO, q[2], q[3], q[4], q[5], q[6])


STEPS: Mapping[str, Callable[..., None]] = {
    "descend": _by_descend,
    "roll": _by_roll,
    "look_ahead": _by_correct,
    "adam": _by_adam,
    "divide": _by_divide,
    "amsgrad": _by_amsgrad,
    "nadam": _by_nadam,
    "adagrad": _by_adagrad,
    "adadelta": _by_adadelta,
    "lion": _by_lion,
    "gain": _by_gain,
    "divide_centered": _by_divide_centered,
    "divide_exactly": _by_divide_exactly,
    "wait": _by_wait,
    "turn": _by_turn,
}
"""The steps, by the names of `moves.MOVES`."""
