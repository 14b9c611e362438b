"""Operators with weights for each unit."""

from __future__ import annotations

from ....errors import FormatError
from ....layers import Embedding
from ...assembly import Body, Step, Value
from ...assembly.weights import FLOATS, add_dense, add_prelu
from .graph import Operation
from .recurrence import last_step


def matmul(step: Step, value: Value, body: Body) -> Value:
    about: Operation = step.node.detail
    if about.arguments[0] != step.node.inputs[0]:
        raise FormatError("a constant times samples is not supported, only samples times a constant")
    w = about.wanted(1)
    return add_dense(value, w, None, body)


def gemm(step: Step, value: Value, body: Body) -> Value:
    about: Operation = step.node.detail
    about.only("transA", 0)
    w, b = about.wanted(1), about.constant(2)
    if b is None and about.given(2):
        raise FormatError("what is added must be a constant")
    w = w.T if about.option("transB", 0) else w
    alpha, beta = about.option("alpha", 1.0), about.option("beta", 1.0)
    w = w if alpha == 1 else w * w.dtype.type(alpha)
    return add_dense(value, w, b if b is None or beta == 1 else b * b.dtype.type(beta), body)


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
    group, size = value.seen[axis], value.sizes[axis]
    if size == 1 and index in (0, -1):
        seen = value.seen[:axis] + (((),) if keeps else ()) + value.seen[axis + 1 :]
        return Value(value.axes, seen)
    if index in (-1, size - 1) and group == value.axes[1:2]:
        return last_step(value, axis, keeps, body)
    raise FormatError(f"place {index} along an axis is taken; only the last step of a recurrent layer can be")


def prelu(step: Step, value: Value, body: Body) -> Value:
    return add_prelu(value, step.node.detail.wanted(1), body)


TABLE = {"MatMul": matmul, "Gemm": gemm, "Gather": gather, "PRelu": prelu}
