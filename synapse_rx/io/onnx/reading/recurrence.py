"""Recurrent layers."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import evolve

from ....activations import ELU, LeakyReLU, Linear
from ....errors import FormatError
from ....layers import GRU, LSTM, RNN
from ....layers.recurrence import Recurrent
from ....typing import Array
from ...assembly import BATCH, Axis, Body, Step, Value
from ...assembly.weights import FLOATS
from ..writing.recurrence import ACTIVATIONS, GRU_GATES, LSTM_GATES, LSTM_PEEPHOLES
from .graph import Operation


def rnn(step: Step, value: Value, body: Body) -> Value:
    about: Operation = step.node.detail
    names = about.option("activations", ["Tanh"] * 2)
    alphas, betas = (about.option(f"activation_{name}", []) for name in ("alpha", "beta"))
    found = [kind for kind, name in ACTIVATIONS.items() if name == names[0]]
    if len(set(names)) != 1 or not found or len(set(alphas)) > 1 or len(set(betas)) > 1:
        raise FormatError(f"activations {names} are not supported")
    options = {LeakyReLU: "slope", ELU: "alpha"}
    if found[0] is Linear and ([*alphas, 1.0][0], [*betas, 0.0][0]) != (1, 0):
        raise FormatError("affine activations are not supported, only those that change nothing")
    more = {options[found[0]]: alphas[0]} if found[0] in options and alphas else {}
    return _recurrent(RNN, (0,), {"activation": found[0](**more)}, step, value, body)


def lstm(step: Step, value: Value, body: Body) -> Value:
    about: Operation = step.node.detail
    about.only("input_forget", 0)
    _usual(about, ["Sigmoid", "Tanh", "Tanh"])
    options = {"peepholes": about.given(7)}
    return _recurrent(LSTM, LSTM_GATES, options, step, value, body)


def gru(step: Step, value: Value, body: Body) -> Value:
    about: Operation = step.node.detail
    _usual(about, ["Sigmoid", "Tanh"])
    options = {"reset": "after" if about.option("linear_before_reset", 0) else "before"}
    return _recurrent(GRU, GRU_GATES, options, step, value, body)


def last_step(value: Value, axis: int, keeps: bool, body: Body) -> Value:
    """Let the recurrent layer just before return its last state in place of all."""
    last = body.last
    if last is None or not isinstance(last.layer, Recurrent) or last.layer.returns != "sequence":
        raise FormatError("the last step is taken of something else than a recurrent layer")
    if last.layer.bidirectional:
        raise FormatError(
            "the last step of both directions is taken, where the reverse one has seen only that step"
        )
    body.parts[-1] = evolve(last, layer=evolve(last.layer, returns="last"))
    seen = value.seen[:axis] + (((),) if keeps else ()) + value.seen[axis + 1 :]
    return Value((value.axes[0], value.axes[2]), seen)


def _recurrent(
    kind: Any, order: tuple[int, ...], options: dict[str, Any], step: Step, value: Value, body: Body
) -> Value:
    about: Operation = step.node.detail
    about.only("layout", 0)
    about.only("direction", "forward", "bidirectional")
    about.only("clip", None)
    if about.given(4) or any(about.given(k) and about.wanted(k).any() for k in (5, 6)):
        raise FormatError("lengths of sequences, or states to begin with, are not supported")
    value = _steps_first(value, body)
    count = 2 if about.option("direction", "forward") == "bidirectional" else 1
    weights = _weights(about, order, count, kind is GRU and options["reset"] == "after")
    units = weights["U"].shape[0]
    layer = kind(units, bidirectional=count == 2, returns="sequence", **options)
    time = value.axes[1]
    parts = (Axis(2), Axis(units)) if count == 2 else ()
    width = Axis(count * units, parts)
    directions, states = ((parts[0],), (parts[1],)) if parts else ((), (width,))
    batch = value.axes[:1]
    which = about.outputs.index(step.output)
    if which == 0:
        out = Value((*batch, time, width), ((time,), directions, batch, states))
    elif which == 1:
        layer = evolve(layer, returns="last")
        out = Value((*batch, width), (directions, batch, states))
    else:
        raise FormatError("the cell is an output, which is not supported")
    return body.add(layer, value, out, weights=weights)


def _steps_first(value: Value, body: Body) -> Value:
    """Return sequences whose arrays are (N, steps, features) and that are seen steps first."""
    if len(value.seen) == 3 and value.sizes[1] == BATCH:
        if [group for group in (value.seen[1], value.seen[0], value.seen[2])] == [
            (axis,) for axis in value.axes
        ]:
            return value
        turned = body.plain(Value(value.axes, (value.seen[1], value.seen[0], value.seen[2])))
        return turned.transposed([1, 0, 2])
    raise FormatError(
        f"a recurrent layer takes (steps, samples, features), not a tensor of {len(value.seen)} axes"
    )


def _weights(about: Operation, order: tuple[int, ...], count: int, has_c: bool) -> dict[str, Array]:
    w, u = about.wanted(1), about.wanted(2)
    gates = len(order)
    if w.ndim != 3 or u.ndim != 3 or w.dtype not in FLOATS or w.shape[0] != count or u.shape[0] != count:
        raise FormatError(f"weights of {w.shape} and {u.shape} are not those of {count} directions")
    units = u.shape[2]
    if u.shape[1] != gates * units or w.shape[1] != gates * units:
        raise FormatError(f"weights of {w.shape} and {u.shape} do not fit {units} units with {gates} gates")
    b = about.constant(3)
    both = np.zeros((count, 2 * gates * units), w.dtype) if b is None else b
    if both.shape != (count, 2 * gates * units):
        raise FormatError(f"biases of {both.shape} do not fit {units} units with {gates} gates")
    first, second = np.split(both, 2, axis=1)
    found = {"W": columns(w.swapaxes(1, 2), order), "U": columns(u.swapaxes(1, 2), order)}
    if has_c:
        found["c"] = second[:, -units:].reshape(-1)
        second = np.concatenate([second[:, :-units], np.zeros((count, units), w.dtype)], axis=1)
    found["b"] = columns(first + second, order)
    if about.given(7):
        found["P"] = columns(about.wanted(7), LSTM_PEEPHOLES)
    return found


def columns(array: Array, order: tuple[int, ...]) -> Array:
    """
    Return weights with directions, gates and units as columns, the gates as they are ordered here.

    Shapes:
        (directions, ..., gates units) to (..., directions gates units)
    """
    parted = array.reshape(*array.shape[:-1], len(order), -1)[..., np.argsort(order), :]
    moved = np.moveaxis(parted, 0, -3)
    return moved.reshape(*moved.shape[:-3], -1)


def _usual(about: Operation, functions: list[str]) -> None:
    given = about.option("activations", functions)
    if given not in (functions, functions * 2):
        raise FormatError(f"activations {given} are not supported, only {functions}")


TABLE = {"RNN": rnn, "LSTM": lstm, "GRU": gru}
