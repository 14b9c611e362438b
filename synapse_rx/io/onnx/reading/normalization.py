"""Normalisations."""

from __future__ import annotations

import numpy as np

from ....errors import FormatError
from ....layers import BatchNorm, LayerNorm, LocalResponseNorm
from ...assembly import Body, Step, Value
from .graph import Operation


def batch_norm(step: Step, value: Value, body: Body) -> Value:
    about: Operation = step.node.detail
    about.only("training_mode", 0)
    arrays = [about.wanted(index) for index in (1, 2, 3, 4)]
    per = "element" if value.flattened() else "channel"
    if per == "element":
        arrays = [value.arranged(array) for array in arrays]
    elif len(value.seen[1]) != 1 or value.placed(1) != 0:
        value = body.plain(value)
    scale, shift, mean, variance = arrays
    layer = BatchNorm(per, momentum=1 - about.option("momentum", 0.9), epsilon=about.option("epsilon", 1e-5))
    weights, kept = {"scale": scale, "shift": shift}, {"mean": mean, "variance": variance}
    return body.add(layer, value, value, weights=weights, kept=kept)


def layer_norm(step: Step, value: Value, body: Body) -> Value:
    about: Operation = step.node.detail
    first = about.option("axis", -1) % len(value.seen)
    if first == 0:
        raise FormatError("it normalises samples together")
    if any(len(group) != 1 for group in value.seen):
        value = body.plain(value)
    own = [value.placed(axis) for axis in range(first, len(value.seen))]
    order = np.argsort(own)
    scale, shift = about.wanted(1), about.constant(2)
    shift = np.zeros_like(scale) if shift is None else shift
    weights = {"scale": scale.transpose(order), "shift": shift.transpose(order)}
    layer = LayerNorm(tuple(sorted(own)), epsilon=about.option("epsilon", 1e-5))
    return body.add(layer, value, value, weights=weights)


def local_response_norm(step: Step, value: Value, body: Body) -> Value:
    about: Operation = step.node.detail
    if value.placed(1) != 0:
        raise FormatError("the channels are not in front")
    options = {name: about.option(name, default) for name, default in (("alpha", 1e-4), ("beta", 0.75))}
    layer = LocalResponseNorm(about.option("size", 0), k=about.option("bias", 1.0), **options)
    return body.add(layer, value, value)


TABLE = {
    "BatchNormalization": batch_norm,
    "LayerNormalization": layer_norm,
    "LRN": local_response_norm,
}
