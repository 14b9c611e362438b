"""Operators that give samples another shape, most of which only change how they are seen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ....errors import FormatError
from ....layers import Pad, Upsample
from ...assembly import BATCH, Body, Step, Value
from .dense import at
from .graph import Operation


def transpose(step: Step, value: Value, body: Body) -> Value:
    return value.transposed(step.node.detail.option("perm", list(range(len(value.seen)))[::-1]))


def reshape(step: Step, value: Value, body: Body) -> Value:
    about: Operation = step.node.detail
    given = about.constant(1)
    asked = about.option("shape", None) if given is None else given.ravel().tolist()
    if asked is None:
        raise FormatError("the shape must be a constant")
    zero = about.option("allowzero", 0)
    copied = [value.sizes[k] if size == 0 and not zero else int(size) for k, size in enumerate(asked)]
    return body.read_as(value, _settled(copied, value, about.batch))


def flatten(step: Step, value: Value, body: Body) -> Value:
    axis = step.node.detail.option("axis", 1)
    if axis % len(value.seen) != 1 or value.sizes[0] > 0:
        raise FormatError("samples may be flattened, but not together with their number")
    return body.read_as(value, [value.sizes[0], math.prod(value.sizes[1:])])


def squeeze(step: Step, value: Value, body: Body) -> Value:
    axes = _axes(step.node.detail)
    if axes is None:
        axes = [axis for axis, size in enumerate(value.sizes) if size == 1]
    places = {axis % len(value.seen) for axis in axes}
    if any(value.sizes[axis] != 1 for axis in places):
        raise FormatError("an axis is taken away that is longer than 1")
    return Value(value.axes, tuple(g for axis, g in enumerate(value.seen) if axis not in places))


def unsqueeze(step: Step, value: Value, body: Body) -> Value:
    axes = _axes(step.node.detail) or []
    count = len(value.seen) + len(axes)
    places, groups = {axis % count for axis in axes}, list(value.seen)
    seen = tuple(() if axis in places else groups.pop(0) for axis in range(count))
    return Value(value.axes, seen)


def cut(step: Step, value: Value, body: Body) -> Value:
    """Read a slice that takes the last step of a sequence."""
    about: Operation = step.node.detail
    starts, ends, axes, steps = (about.constant(index) for index in (1, 2, 3, 4))
    if starts is None or ends is None or starts.size != 1 or (steps is not None and (steps != 1).any()):
        raise FormatError("only a slice with the last step of a sequence is supported")
    axis = (0 if axes is None else int(axes.ravel()[0])) % len(value.seen)
    start, end, size = int(starts.ravel()[0]), int(ends.ravel()[0]), value.sizes[axis]
    if start == 0 and end >= size != BATCH:
        return value
    if start not in (-1, size - 1) or end < size:
        raise FormatError("only a slice with the last step of a sequence is supported")
    return at(value, axis, -1, True, body)


def pad(step: Step, value: Value, body: Body) -> Value:
    about: Operation = step.node.detail
    value, mode = body.plain(value), about.option("mode", "constant")
    given, filled, chosen = (about.constant(index) for index in (1, 2, 3))
    pads = about.option("pads", None) if given is None else given.ravel().tolist()
    count = len(value.seen)
    if pads is None or chosen is not None or len(pads) != 2 * count:
        raise FormatError("the padding must be a constant, for all axes")
    pairs = [(int(before), int(behind)) for before, behind in zip(pads[:count], pads[count:], strict=True)]
    if pairs[0] != (0, 0) or pairs[1] != (0, 0):
        raise FormatError("samples and channels cannot be padded")
    constant = about.option("value", 0.0) if filled is None else float(filled.reshape(()))
    layer = Pad(tuple(pairs[2:]), mode, value=constant)
    return body.add(layer, value, Value.fresh(layer.out_shape(value.shape)))


def resize(step: Step, value: Value, body: Body) -> Value:
    about: Operation = step.node.detail
    value, mode = body.plain(value), about.option("mode", "nearest")
    factors = _factors(step, about, value)
    how = about.option("coordinate_transformation_mode", "half_pixel")
    rounded = about.option("nearest_mode", "round_prefer_floor")
    known = {
        "nearest": [("asymmetric", "floor"), ("half_pixel", "round_prefer_floor")],
        "linear": [("half_pixel", rounded), ("pytorch_half_pixel", rounded)],
    }
    if step.node.op == "Resize" and (how, rounded) not in known.get(mode, []):
        raise FormatError(f"mode {mode!r} with {how!r} and {rounded!r} is not supported")
    if step.node.op == "Upsample" and mode != "nearest":
        raise FormatError(f"mode {mode!r} is not supported")
    layer = Upsample(tuple(factors), mode)
    return body.add(layer, value, Value.fresh(layer.out_shape(value.shape)))


def _factors(step: Step, about: Operation, value: Value) -> list[int]:
    scales = about.constant(2 if step.node.op == "Resize" else 1)
    sizes = about.constant(3) if step.node.op == "Resize" else None
    own = np.array([1, *value.shape], float)
    if scales is None or not scales.size:
        given: Any = about.option("scales", None)
        scales = np.array(given) if given else None
    if scales is None and sizes is not None:
        scales = np.where(sizes == BATCH, 1, sizes) / own
    whole = None if scales is None else np.round(scales).astype(int)
    if (
        whole is None
        or scales is None
        or len(whole) != len(own)
        or (whole != scales).any()
        or (whole[:2] != 1).any()
    ):
        raise FormatError("only whole factors along the axes behind the channels are supported")
    return whole[2:].tolist()


def _settled(sizes: list[int], value: Value, batch: int | None) -> list[int]:
    """Return the sizes of a reshape with the number of samples marked, and what was left open worked out."""
    total = math.prod(value.shape)
    fixed = math.prod(size for size in sizes if size != -1)
    if fixed > 0 and -1 in sizes and total % fixed == 0 and not (sizes[0] == batch and fixed > total):
        sizes[sizes.index(-1)] = BATCH * (total // fixed)
    elif fixed > 0 and sizes[0] == batch:
        sizes[0] = BATCH
    rest = abs(math.prod(size for size in sizes if size != -1) // BATCH)
    if -1 in sizes and rest and total % rest == 0:
        sizes[sizes.index(-1)] = total // rest
    if sum(size < 0 for size in sizes) != 1 or -1 in sizes or 0 in sizes:
        raise FormatError("a reshape mixes samples with each other, or leaves open what it makes")
    return sizes


def _axes(about: Operation) -> list[int] | None:
    given = about.constant(1)
    return about.option("axes", None) if given is None else given.ravel().tolist()


TABLE = {
    "Transpose": transpose,
    "Reshape": reshape,
    "Flatten": flatten,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Slice": cut,
    "Pad": pad,
    "Resize": resize,
    "Upsample": resize,
}
