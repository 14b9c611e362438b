"""Operators that join branches."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from attrs import evolve

from ....activations import GELU, HardSwish, Linear, Mish, Sigmoid, Softmax, Swish
from ....errors import FormatError
from ....layers import Add, Average, Concatenate, Dense, Layer, Multiply
from ...assembly import Axis, Body, Join, Step, Value
from ...assembly.body import combined
from .graph import Operation

MERGES: dict[str, type[Layer]] = {"Add": Add, "Sum": Add, "Mul": Multiply, "Mean": Average}


def known(join: Join, value: Value, body: Body) -> Value | None:
    """Read branches that are one of the patterns activations are written in; None if they are none."""
    ops = [tuple(step.node.op for step in branch) for branch in join.branches]
    if join.node.op == "Concat":
        return _two_classes(join, value, body)
    if join.node.op != "Mul" or len(ops) != 2 or () not in ops or ops == [(), ()]:
        return None
    branch = join.branches[1 - ops.index(())]
    op = ops[1 - ops.index(())]
    if op == ("Sigmoid",):
        return body.activate(Swish(), value)
    if op == ("Softplus", "Tanh"):
        return body.activate(Mish(), value)
    if op == ("HardSigmoid",) and _is_sixth(branch[0]):
        return body.activate(HardSwish(), value)
    if op in (("Div", "Erf", "Add"), ("Mul", "Erf", "Add")) and _is_normal(branch):
        out = body.activate(GELU(), value)
        body.parts[-1] = evolve(body.parts[-1], factor=2.0, units=None)
        return out
    return None


def joined(join: Join, start: Value, branches: Sequence[Body], values: Sequence[Value], body: Body) -> Value:
    """Read an operator that joins branches, which have been read."""
    about: Operation = join.node.detail
    if len(about.arguments) != len(join.node.inputs):
        raise FormatError("constants among the tensors that are joined are not supported")
    if not all(combined(values[0], other) for other in values[1:]) and join.node.op != "Concat":
        values = [branch.plain(value) for branch, value in zip(branches, values, strict=True)]
    if join.node.op == "Concat":
        return _concatenated(join, start, branches, values, body)
    kind = MERGES[join.node.op]
    if any(value.shape != values[0].shape for value in values):
        shapes = ", ".join(str(value.shape) for value in values)
        raise FormatError(f"tensors of different shapes are joined number by number: {shapes}")
    return body.join(branches, values, start, kind(), values[0])


def _concatenated(
    join: Join, start: Value, branches: Sequence[Body], values: Sequence[Value], body: Body
) -> Value:
    axis = join.node.detail.option("axis", 0)
    places = {_placed(value, axis) for value in values}
    if len(places) != 1 or None in places:
        values = [branch.plain(value) for branch, value in zip(branches, values, strict=True)]
    first = values[0]
    placed = first.placed(axis)
    if len({len(value.axes) for value in values}) != 1:
        raise FormatError("tensors with different numbers of axes are joined")
    size = sum(value.shape[placed] for value in values)
    out = first.with_axis(first.axes[placed + 1], Axis(size))
    return body.join(branches, values, start, Concatenate(placed), out)


def _placed(value: Value, axis: int) -> int | None:
    return value.placed(axis) if len(value.seen[axis]) == 1 else None


def _is_sixth(step: Step | Join) -> bool:
    about: Operation = step.node.detail
    return math.isclose(about.option("alpha", 0.2), 1 / 6, rel_tol=1e-5) and about.option("beta", 0.5) == 0.5


def _is_normal(branch: Sequence[Step | Join]) -> bool:
    """Return whether a branch is 1 + erf(x / sqrt(2))."""
    scale, _, plus = (step.node for step in branch)
    numbers: list[float] = []
    for node in (scale, plus):
        about: Operation = node.detail
        if len(node.inputs) != 1:
            return False
        constant = about.constant(1 if about.arguments[0] == node.inputs[0] else 0)
        if constant is None or constant.size != 1:
            return False
        numbers.append(float(constant.reshape(())))
    root = math.sqrt(2) if scale.op == "Div" else math.sqrt(0.5)
    return math.isclose(numbers[0], root, rel_tol=1e-4) and numbers[1] == 1


def _two_classes(join: Join, value: Value, body: Body) -> Value | None:
    """Read (1 - p, p) of a logistic unit, as scikit-learn writes two classes, as a softmax of two units."""
    ops = [tuple(step.node.op for step in branch) for branch in join.branches]
    last = body.last
    if ops != [("Sub",), ()] or last is None or value.shape != (1,):
        return None
    about: Operation = join.branches[0][0].node.detail
    one = about.constant(0)
    if one is None or (one != 1).any() or not isinstance(last.layer, Dense):
        return None
    if not isinstance(last.layer.activation, Sigmoid):
        return None
    w, b = last.weights["W"], last.weights["b"]
    weights = {"W": np.concatenate([np.zeros_like(w), w], 1), "b": np.concatenate([np.zeros_like(b), b])}
    body.parts[-1] = evolve(last, layer=evolve(last.layer, units=2, activation=Linear()), weights=weights)
    return body.activate(Softmax(), Value.fresh((2,)))


JOINS = (*MERGES, "Concat")
