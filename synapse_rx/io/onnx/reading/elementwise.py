"""Operators that do the same to every number: activations, and arithmetic with constants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ....activations import (
    ELU,
    GELU,
    SELU,
    ClippedReLU,
    HardSwish,
    LeakyReLU,
    LogSoftmax,
    Mish,
    ReLU,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
)
from ....activations import Activation as Function
from ....activations.selu import ALPHA, SCALE
from ....errors import FormatError
from ....layers import Dropout
from ...assembly import Body, Step, Value
from .graph import Operation


def _activation(make: Callable[[Operation], Function]) -> Any:
    return lambda step, value, body: body.activate(make(step.node.detail), value)


def _selu(about: Operation) -> Function:
    given = about.option("alpha", ALPHA), about.option("gamma", SCALE)
    if not np.allclose(given, (ALPHA, SCALE), rtol=1e-5):
        raise FormatError(f"a selu with the constants {given} is not supported, only with its own")
    return SELU()


def _along_axis(make: Callable[[int], Function]) -> Any:
    def read(step: Step, value: Value, body: Body) -> Value:
        about: Operation = step.node.detail
        axis = about.option("axis", -1 if about.opset >= 13 else 1) % len(value.seen)
        if about.opset < 13 and axis != len(value.seen) - 1:
            raise FormatError("a softmax over several axes at once, as before version 13, is not supported")
        if len(value.seen[axis]) != 1:
            value = body.plain(value)
        placed = value.placed(axis)
        return body.activate(make(-1 if placed == len(value.shape) - 1 else placed), value)

    return read


def clip(step: Step, value: Value, body: Body) -> Value:
    about: Operation = step.node.detail
    ends = [about.constant(index) for index in (1, 2)]
    if about.given(1) + about.given(2) != sum(end is not None for end in ends):
        raise FormatError("the ends must be constants")
    low, high = (None if end is None else float(end.reshape(())) for end in ends)
    low, high = about.option("min", low), about.option("max", high)
    if low is None and high is None:
        return value
    if low != 0:
        raise FormatError(f"only what is cut off at 0 is supported, not at {low}")
    return body.activate(ReLU() if high is None or high > 1e30 else ClippedReLU(high), value)


def dropout(step: Step, value: Value, body: Body) -> Value:
    about: Operation = step.node.detail
    given = about.constant(1)
    rate = float(about.option("ratio", 0.5) if given is None else given.reshape(()))
    return body.add(Dropout(rate), value, value)


def passing(step: Step, value: Value, body: Body) -> Value:
    return value


def arithmetic(step: Step, value: Value, body: Body) -> Value:
    """Read a sum, difference, product or quotient with a constant."""
    about: Operation = step.node.detail
    op, first = step.node.op, about.arguments[0] == step.node.inputs[0]
    constant = about.wanted(1 if first else 0)
    one, zero = np.ones(1), np.zeros(1)
    if op == "Add":
        return body.scaled(value, one, constant)
    if op == "Sub":
        return body.scaled(value, one, -constant) if first else body.scaled(value, -one, constant)
    if op == "Mul":
        return body.scaled(value, constant, zero)
    if not first or not constant.all():
        raise FormatError("what divides must be a constant, and not 0")
    return body.scaled(value, 1 / constant.astype(np.float64), zero)


def scaler(step: Step, value: Value, body: Body) -> Value:
    """Read what scikit-learn's StandardScaler becomes: (x - offset) scale."""
    about: Operation = step.node.detail
    offset, scale = (
        np.array(about.option(name, [default]), float) for name, default in (("offset", 0), ("scale", 1))
    )
    return body.scaled(body.scaled(value, np.ones(1), -offset), scale, np.zeros(1))


TABLE = {
    "Relu": _activation(lambda about: ReLU()),
    "Sigmoid": _activation(lambda about: Sigmoid()),
    "Tanh": _activation(lambda about: Tanh()),
    "Softplus": _activation(lambda about: Softplus()),
    "Mish": _activation(lambda about: Mish()),
    "HardSwish": _activation(lambda about: HardSwish()),
    "Elu": _activation(lambda about: ELU(about.option("alpha", 1.0))),
    "LeakyRelu": _activation(lambda about: LeakyReLU(about.option("alpha", 0.01))),
    "Gelu": _activation(lambda about: GELU(approximate=about.option("approximate", "none") == "tanh")),
    "Selu": _activation(_selu),
    "Softmax": _along_axis(Softmax),
    "LogSoftmax": _along_axis(LogSoftmax),
    "Clip": clip,
    "Dropout": dropout,
    "Identity": passing,
    "Cast": passing,
    "Scaler": scaler,
    **dict.fromkeys(("Add", "Sub", "Mul", "Div"), arithmetic),
}
