"""Layers with their weights, one behind the other, while a file is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from ...activations import Activation as Function
from ...activations import Linear
from ...errors import FormatError
from ...layers import Activation, Add, Dense, Flatten, Fork, Layer, Reshape, Residual
from ...layers.convolution.convolving import Convolving
from ...typing import Array
from .axes import BATCH, Axis, Value
from .graph import Step

LARGEST = 1 << 31
"""The most numbers in a sample anywhere; no network that fits a memory has more."""

Path = tuple[int | str, ...]


@attrs.frozen(eq=False)
class Leaf:
    """
    A layer, or several that hold their parts, with its weights.

    Attributes:
        layer: The layer.
        weights: Its parameters by name.
        kept: What it keeps from batch to batch, by name.
        units: The axis of its outputs that its bias counts, for layers that a constant may be added to.
        branches: For layers that hold others, these by what they are called.
        factor: What is still missing: a number that its outputs are to be multiplied by.
    """

    layer: Layer
    weights: Mapping[str, Array] = attrs.field(factory=dict)
    kept: Mapping[str, Array] = attrs.field(factory=dict)
    units: Axis | None = None
    branches: Mapping[int | str, tuple[Leaf, ...]] = attrs.field(factory=dict)
    factor: float = 1.0


class Body:
    """
    Layers one behind the other, in the making.

    Attributes:
        parts: The layers so far.
        offset: For the outermost body, what is subtracted from samples before the first layer, and None elsewhere.
        scale: What they are multiplied by then.
    """

    def __init__(self, root: bool = False) -> None:
        self.parts: list[Leaf] = []
        self.root = root
        self.offset: Array | None = None
        self.scale: Array | None = None

    @property
    def last(self) -> Leaf | None:
        """The newest layer."""
        return self.parts[-1] if self.parts else None

    def add(self, layer: Layer, value: Value, out: Value, **options: Any) -> Value:
        """
        Add a layer and return ``out``, what it gives.

        Raises:
            FormatError: If it does not give samples of that shape, or these are too large to be meant.
            ShapeError: If it cannot take ``value``.
        """
        shape = layer.out_shape(value.shape)
        if shape != out.shape:
            raise FormatError(f"{layer.kind} makes {shape} of {value.shape}, where the file says {out.shape}")
        if math.prod(shape) > LARGEST:
            raise FormatError(f"samples of {shape} are too large to be meant")
        self.parts.append(Leaf(layer, **options))
        return out

    def plain(self, value: Value) -> Value:
        """
        Return a value whose array is the tensor of the file, by way of a reshape where that takes one.

        Raises:
            FormatError: If it takes a transposition, which no layer does.
        """
        if value.plain:
            return value
        if not value.in_order():
            raise FormatError("the axes are in an order here that no layer makes; only channels may be moved")
        return self.reshaped(value, [size for size in value.sizes[1:]])

    def reshaped(self, value: Value, sizes: Sequence[int]) -> Value:
        """Return a value whose samples have other sizes, in the same order of their numbers."""
        out = Value.fresh(sizes)
        if value.shape == tuple(sizes):
            return Value(value.axes, tuple((axis,) for axis in value.axes))
        layer = Flatten() if len(sizes) == 1 else Reshape(tuple(sizes))
        return self.add(layer, value, out)

    def read_as(self, value: Value, sizes: Sequence[int]) -> Value:
        """
        Return a value seen in other sizes, one of them the number of samples, by way of a reshape where that takes one.

        Raises:
            FormatError: If it takes a transposition, which no layer does.
        """
        seen = value.regrouped(sizes)
        if seen is not None:
            return seen
        if sizes[0] != BATCH or not value.in_order() or math.prod(sizes[1:]) != math.prod(value.shape):
            raise FormatError(
                f"samples cannot be read as {list(sizes[1:])}: their axes are in another order here"
            )
        return self.reshaped(value, sizes[1:])

    def activate(self, function: Function, value: Value) -> Value:
        """Add an activation, where possible as part of the layer before."""
        last = self.last
        layer = last.layer if last is not None and last.factor == 1 else None
        if isinstance(layer, (Dense, Convolving)) and isinstance(layer.activation, Linear):
            assert last is not None
            joined = attrs.evolve(layer, activation=function)
            self.parts[-1] = attrs.evolve(last, layer=joined, units=None)
            return value
        return self.add(Activation(function), value, value)

    def scaled(self, value: Value, by: Array, plus: Array) -> Value:
        """
        Multiply by a constant, then add another: as part of the layer before, or of what is done to samples first.

        Raises:
            FormatError: If there is no such place.
        """
        last = self.last
        if last is not None and last.factor != 1 and by.size == 1 and not plus.any():
            self.parts[-1] = attrs.evolve(last, factor=_near_one(last.factor * float(by.reshape(()))))
            return value
        if last is None and self.root:
            return self._normalized(value, value.arranged(by), value.arranged(plus))
        if last is None or last.units is None:
            raise FormatError(
                "a constant is added or multiplied where no weights are before it that could take it up"
            )
        by, plus = (value.per_unit(last.units, constant) for constant in (by, plus))
        w, b = last.weights["W"], last.weights["b"]
        shape = [1] * w.ndim
        shape[0 if isinstance(last.layer, Convolving) else -1] = -1
        weights = {"W": w * by.reshape(shape).astype(w.dtype), "b": (b * by + plus).astype(b.dtype)}
        self.parts[-1] = attrs.evolve(last, weights=weights)
        return value

    def join(
        self, branches: Sequence[Body], values: Sequence[Value], start: Value, merge: Layer, out: Value
    ) -> Value:
        """Add what gives one value to several branches and joins what these give; a sum with itself is residual."""
        parts = [tuple(branch.parts) for branch in branches]
        empty = [not part for part in parts]
        if isinstance(merge, Add) and len(parts) == 2 and sum(empty) == 1:
            inner = parts[empty.index(False)]
            layer = Residual([part.layer for part in inner])
            return self.add(layer, start, out, branches={"body": inner})
        fork = Fork([[part.layer for part in part] for part in parts])
        self.parts.append(Leaf(fork, branches=dict(enumerate(parts))))
        if merge.out_shape(fork.out_shape(start.shape)) != out.shape:
            raise FormatError(f"{merge.kind} does not make samples of {out.shape}")
        self.parts.append(Leaf(merge))
        return out

    def check(self) -> None:
        """Raise a FormatError if a factor is left over that no layer has taken up."""
        if any(part.factor != 1 for part in self.parts):
            raise FormatError("x (1 + erf(x / sqrt(2))) is known where half of it is taken, as in the GELU")

    def _normalized(self, value: Value, by: Array, plus: Array) -> Value:
        """Multiply and add what is done to samples before the first layer: (x - offset) scale."""
        scale = np.ones(value.shape) if self.scale is None else self.scale
        offset = np.zeros(value.shape) if self.offset is None else self.offset
        scale = scale * by
        if plus.any():
            if not scale.all():
                raise FormatError("a number is added to inputs that were multiplied by 0")
            offset = offset - plus / scale
        self.offset, self.scale = offset, scale
        return value


def combined(left: Value, right: Value) -> bool:
    """Return whether two values are of one shape and seen alike."""

    def pattern(value: Value) -> list[list[int]]:
        return [[value.axes.index(axis) for axis in group] for group in value.seen]

    return left.shape == right.shape and pattern(left) == pattern(right)


def walk(parts: Sequence[Leaf], path: Path = ()) -> list[tuple[Path, Leaf]]:
    """Return all layers with the paths that their parameters have."""
    found: list[tuple[Path, Leaf]] = []
    for index, part in enumerate(parts):
        found.append(((*path, index), part))
        for key, inner in part.branches.items():
            found += walk(inner, (*path, index, key))
    return found


def _near_one(factor: float) -> float:
    return 1.0 if abs(factor - 1) < 1e-6 else factor


Translation = Callable[[Step, Value, Body], Value]
"""What reads a node: from it and its input to its output, adding layers to a body."""
