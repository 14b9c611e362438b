"""What every layer of Keras is here: one small function a layer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...activations import ELU, ClippedReLU, LeakyReLU, ReLU, Softmax
from ...activations import Activation as Function
from ...errors import FormatError
from ...layers import (
    BatchNorm,
    Dropout,
    Embedding,
    GaussianDropout,
    Layer,
    LayerNorm,
    SpatialDropout,
    TimeDistributed,
)
from ..assembly import BATCH, Body, Step, Value
from ..assembly.body import Translation
from ..assembly.weights import add_dense, add_prelu
from . import recurrence, spatial
from .model import Details

NAMES = {
    "linear": "linear",
    "relu": "relu",
    "relu6": "clipped_relu",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "softmax": "softmax",
    "log_softmax": "log_softmax",
    "softplus": "softplus",
    "elu": "elu",
    "selu": "selu",
    "gelu": "gelu",
    "silu": "swish",
    "swish": "swish",
    "mish": "mish",
    "hard_silu": "hard_swish",
    "hard_swish": "hard_swish",
}
"""The activations that Keras has names for, by their names here."""


def activation(details: Details, value: Value, body: Body) -> Value:
    """Add the activation that is an option of a layer."""
    given = details.option("activation", "linear")
    name = given.get("config", given.get("class_name")) if isinstance(given, dict) else given
    if name == "leaky_relu":
        return body.activate(LeakyReLU(0.2), value)
    if not isinstance(name, str) or name not in NAMES:
        raise FormatError(f"the activation {name!r} is not supported")
    if name in ("softmax", "log_softmax"):
        return body.activate(Function.of(NAMES[name], axis=_along(value, -1)), value)
    return value if name == "linear" else body.activate(Function.of(NAMES[name]), value)


def _activated(step: Step, value: Value, body: Body) -> Value:
    return activation(step.node.detail, value, body)


def _dense(step: Step, value: Value, body: Body) -> Value:
    details: Details = step.node.detail
    bias = bool(details.option("use_bias", True))
    w, *b = details.take(1 + bias)
    return activation(details, add_dense(value, w, b[0] if b else None, body), body)


def _relu(step: Step, value: Value, body: Body) -> Value:
    details: Details = step.node.detail
    details.only("threshold", 0, 0.0)
    slope, most = float(details.option("negative_slope", 0)), details.option("max_value")
    if slope and most is not None:
        raise FormatError("a rectifier with a slope and a ceiling is not supported")
    if slope:
        return body.activate(LeakyReLU(slope), value)
    return body.activate(ReLU() if most is None else ClippedReLU(float(most)), value)


def _leaky_relu(step: Step, value: Value, body: Body) -> Value:
    details: Details = step.node.detail
    return body.activate(
        LeakyReLU(float(details.option("negative_slope", details.option("alpha", 0.3)))), value
    )


def _elu(step: Step, value: Value, body: Body) -> Value:
    return body.activate(ELU(float(step.node.detail.option("alpha", 1.0))), value)


def _softmax(step: Step, value: Value, body: Body) -> Value:
    return body.activate(Softmax(_along(value, _axis(step.node.detail))), value)


def _prelu(step: Step, value: Value, body: Body) -> Value:
    return add_prelu(value, step.node.detail.take(1)[0], body)


def _dropout(kind: type[Layer]) -> Translation:
    def read(step: Step, value: Value, body: Body) -> Value:
        return body.add(kind.checked(rate=float(step.node.detail.option("rate", 0.5))), value, value)

    return read


def _passing(step: Step, value: Value, body: Body) -> Value:
    return value


def _flatten(step: Step, value: Value, body: Body) -> Value:
    if step.node.detail.option("data_format", "channels_last") == "channels_first" and len(value.seen) > 2:
        value = value.transposed([0, *range(2, len(value.seen)), 1])
    return body.read_as(value, [BATCH, math.prod(value.sizes[1:])])


def _reshape(step: Step, value: Value, body: Body) -> Value:
    sizes, total = list(step.node.detail.option("target_shape", [])), math.prod(value.shape)
    known = math.prod(size for size in sizes if size != -1)
    sizes = [total // known if size == -1 and known > 0 else size for size in sizes]
    if not sizes or any(type(size) is not int or size < 1 for size in sizes):
        raise FormatError(f"{sizes} is no shape of samples")
    return body.read_as(value, [BATCH, *sizes])


def _batch_norm(step: Step, value: Value, body: Body) -> Value:
    details: Details = step.node.detail
    scales, centres = (bool(details.option(name, True)) for name in ("scale", "center"))
    arrays = details.take(2 + scales + centres)
    mean, variance = arrays[-2:]
    scale = arrays[0] if scales else np.ones_like(mean)
    shift = arrays[scales] if centres else np.zeros_like(mean)
    options = {
        "momentum": 1 - float(details.option("momentum", 0.99)),
        "epsilon": float(details.option("epsilon", 1e-3)),
    }
    own = {"scale": scale, "shift": shift, "mean": mean, "variance": variance}
    if value.flattened():
        layer: Layer = BatchNorm.checked(per="element", **options)
        own = {name: value.arranged(array) for name, array in own.items()}
    else:
        layer = _along_channels(BatchNorm.checked(**options), value.placed(_axis(details)), value)
    weights, kept = (
        {name: own[name] for name in names} for names in (("scale", "shift"), ("mean", "variance"))
    )
    return body.add(layer, value, value, weights=weights, kept=kept)


def _along_channels(layer: Layer, placed: int, value: Value) -> Layer:
    """Return a layer that works along the first axis of samples as one that works along axis ``placed``."""
    if placed not in (0, len(value.shape) - 1):
        raise FormatError("it normalises along an axis that is neither that of channels nor the last")
    for _ in range(placed):
        layer = TimeDistributed(layer)
    return layer


def _layer_norm(step: Step, value: Value, body: Body) -> Value:
    details: Details = step.node.detail
    details.only("rms_scaling", False)
    axis = _axis(details)
    scales, centres = (bool(details.option(name, True)) for name in ("scale", "center"))
    arrays = details.take(scales + centres)
    size = value.sizes[axis]
    own = {
        "scale": arrays[0] if scales else np.ones(size, np.float32),
        "shift": arrays[-1] if centres else np.zeros(size, np.float32),
    }
    if value.flattened():
        placed = None
        own = {name: value.arranged(array) for name, array in own.items()}
    else:
        placed = value.placed(axis)
    layer = LayerNorm(placed, epsilon=float(details.option("epsilon", 1e-3)))
    return body.add(layer, value, value, weights=own)


def _embedding(step: Step, value: Value, body: Body) -> Value:
    details: Details = step.node.detail
    details.only("mask_zero", False)
    (w,) = details.take(1)
    out = Value.fresh((*value.shape, *w.shape[1:]))
    return body.add(Embedding(*w.shape), value, out, weights={"W": w})


def _axis(details: Details) -> int:
    """Return the one axis of the option ``axis``, which may be in a list."""
    given = details.option("axis", -1)
    axes: list[Any] = given if isinstance(given, list) else [given]
    if len(axes) != 1 or type(axes[0]) is not int:
        raise FormatError(f"axis={given!r} is not supported, only one axis")
    return axes[0]


def _along(value: Value, axis: int) -> int:
    placed = value.placed(axis)
    return -1 if placed == len(value.shape) - 1 else placed


def _with_activation(read: Callable[[Step, Value, Body], Value]) -> Translation:
    return lambda step, value, body: activation(step.node.detail, read(step, value, body), body)


TRANSLATIONS: dict[str, Translation] = {
    "Dense": _dense,
    "Activation": _activated,
    "ReLU": _relu,
    "LeakyReLU": _leaky_relu,
    "ELU": _elu,
    "Softmax": _softmax,
    "PReLU": _prelu,
    "Dropout": _dropout(Dropout),
    "GaussianDropout": _dropout(GaussianDropout),
    **dict.fromkeys(("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"), _dropout(SpatialDropout)),
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Identity": _passing,
    "ActivityRegularization": _passing,
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "Embedding": _embedding,
    **{name: _with_activation(read) for name, read in spatial.CONVOLUTIONS.items()},
    **spatial.TABLE,
    **recurrence.TABLE,
}
"""What reads each class of layers that takes one tensor."""

MERGES = {"Add": "add", "Multiply": "multiply", "Average": "average", "Concatenate": "concatenate"}
"""Those that take several, by their names here."""
