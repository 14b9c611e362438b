"""Layers of weights for each unit, as files of all kinds have them."""

from __future__ import annotations

import numpy as np

from ...errors import FormatError
from ...layers import Dense, Layer, PReLU, TimeDistributed
from ...typing import Array
from .axes import Axis, Value
from .body import Body

FLOATS = (np.float32, np.float64)
"""The types that weights may be of."""


def add_dense(value: Value, w: Array, b: Array | None, body: Body) -> Value:
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


def add_prelu(value: Value, slopes: Array, body: Body) -> Value:
    """
    Add a rectifier with slopes of its own: one for all, for each channel, or for each number.

    Shapes:
        slopes spread over the tensor
    """
    if slopes.size == 1:
        return body.add(PReLU("layer"), value, value, weights={"a": slopes.reshape(())})
    spread = value.arranged(slopes)
    rows = spread.reshape(len(spread), -1)
    if (rows == rows[:, :1]).all():
        return body.add(PReLU(), value, value, weights={"a": rows[:, 0]})
    return body.add(PReLU("element"), value, value, weights={"a": spread})
