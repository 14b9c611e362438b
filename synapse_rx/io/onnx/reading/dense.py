"""Operators with weights for each unit."""

from __future__ import annotations

import numpy as np

from ....errors import FormatError
from ....layers import Dense, Embedding, Layer, PReLU, TimeDistributed
from ....typing import Array
from ...assembly import Axis, Body, Step, Value
from .graph import Operation

FLOATS = (np.float32, np.float64)


def matmul(step: Step, value: Value, body: Body) -> Value:
    about: Operation = step.node.detail
    if about.arguments[0] != step.node.inputs[0]:
        raise FormatError("a constant times samples is not supported, only samples times a constant")
    w = about.wanted(1)
    return dense(value, w, None, body)


def gemm(step: Step, value: Value, body: Body) -> Value:
    about: Operation = step.node.detail
    about.only("transA", 0)
    w, b = about.wanted(1), about.constant(2)
    if b is None and about.given(2):
        raise FormatError("what is added must be a constant")
    w = w.T if about.option("transB", 0) else w
    alpha, beta = about.option("alpha", 1.0), about.option("beta", 1.0)
    w = w if alpha == 1 else w * w.dtype.type(alpha)
    return dense(value, w, b if b is None or beta == 1 else b * b.dtype.type(beta), body)


def dense(value: Value, w: Array, b: Array | None, body: Body) -> Value:
    """
    Add a dense layer along the last axis of the tensor.

    Shapes:
        w (inputs, units), b something that spreads over (units,), or None
    """
    if w.ndim != 2 or w.dtype not in FLOATS or value.sizes[-1] != w.shape[0]:
        raise FormatError(f"weights of {w.shape} do not fit the tensor {value.sizes[1:]}")
    units = w.shape[1]
    bias = (
        np.zeros(units, w.dtype)
        if b is None
        else np.broadcast_to(b, (1, units)).reshape(units).astype(w.dtype)
    )
    group = value.seen[-1]
    if len(value.seen) == 2 and value.seen[0] == value.axes[:1]:
        rows = w[value.rows()]
        if len(value.shape) > 1:
            value = body.reshaped(Value(value.axes, ((value.axes[0],), value.axes[1:])), [w.shape[0]])
        out = Value.fresh((units,))
        return body.add(Dense(units), value, out, weights={"W": rows, "b": bias}, units=out.axes[-1])
    if group != value.axes[-1:]:
        value = body.plain(value)
    out = value.with_axis(value.axes[-1], Axis(units))
    layer: Layer = Dense(units)
    for _ in value.shape[1:]:
        layer = TimeDistributed(layer)
    return body.add(layer, value, out, weights={"W": w, "b": bias}, units=out.axes[-1])


def gather(step: Step, value: Value, body: Body) -> Value:
    """Add an embedding, where a table is asked; otherwise take the last step of a sequence, or the only row."""
    about: Operation = step.node.detail
    axis = about.option("axis", 0)
    if about.arguments[0] != step.node.inputs[0]:
        table, value = about.wanted(0), body.plain(value)
        if table.ndim != 2 or axis != 0 or table.dtype not in FLOATS:
            raise FormatError("only rows of a matrix can be looked up, as an embedding does")
        out = Value.fresh((*value.shape, table.shape[1]))
        return body.add(Embedding(*table.shape), value, out, weights={"W": table})
    index = about.wanted(1)
    if index.size != 1:
        raise FormatError("several places along an axis are taken, which is not supported")
    return at(value, axis % len(value.seen), int(index.reshape(())), index.ndim > 0, body)


def at(value: Value, axis: int, index: int, keeps: bool, body: Body) -> Value:
    """Take one place along an axis: the last step of the recurrent layer just before, or the only place there is."""
    from .recurrence import last_step

    group, size = value.seen[axis], value.sizes[axis]
    if size == 1 and index in (0, -1):
        seen = value.seen[:axis] + (((),) if keeps else ()) + value.seen[axis + 1 :]
        return Value(value.axes, seen)
    if index in (-1, size - 1) and group == value.axes[1:2]:
        return last_step(value, axis, keeps, body)
    raise FormatError(f"place {index} along an axis is taken; only the last step of a recurrent layer can be")


def prelu(step: Step, value: Value, body: Body) -> Value:
    slopes = step.node.detail.wanted(1)
    if slopes.size == 1:
        return body.add(PReLU("layer"), value, value, weights={"a": slopes.reshape(())})
    spread = value.arranged(slopes)
    rows = spread.reshape(len(spread), -1)
    if (rows == rows[:, :1]).all():
        return body.add(PReLU(), value, value, weights={"a": rows[:, 0]})
    return body.add(PReLU("element"), value, value, weights={"a": spread})


TABLE = {"MatMul": matmul, "Gemm": gemm, "Gather": gather, "PRelu": prelu}
