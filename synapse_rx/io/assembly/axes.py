"""
How the tensors of a file lie in the arrays of a network.

Files transpose, squeeze and flatten where a network here has the channels first and needs none of it. So what a tensor
of the file is made of is written down axis by axis, and most of these nodes move nothing but that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np

from ...errors import FormatError
from ...typing import Array, Shape

BATCH = -(1 << 40)
"""Stands for the number of samples wherever sizes are worked out."""
MOST_SPREAD = 1 << 24
"""The most numbers that a constant is spread over."""


@attrs.frozen(eq=False)
class Axis:
    """
    One axis of an array, the same wherever it is seen.

    Attributes:
        size: How long it is.
        parts: What it is the product of, where a file takes it apart for a while.
    """

    size: int
    parts: tuple[Axis, ...] = ()


@attrs.frozen
class Value:
    """
    What goes from layer to layer.

    Attributes:
        axes: The axes of the array in the network, samples first.
        seen: Those of the tensor in the file, each a product of axes, the first the slowest; none for a size of 1.
    """

    axes: tuple[Axis, ...]
    seen: tuple[tuple[Axis, ...], ...]

    @classmethod
    def fresh(cls, shape: Sequence[int]) -> Value:
        """Return a value whose samples have this shape, seen as it is."""
        axes = (Axis(BATCH), *map(Axis, shape))
        return cls(axes, tuple((axis,) for axis in axes))

    @classmethod
    def entering(cls, sizes: Sequence[int], *, channels_last: bool) -> Value:
        """Return samples of these sizes, seen as the file has them, with the channels first in the network."""
        if not channels_last:
            return cls.fresh(sizes)
        *places, channels = map(Axis, sizes)
        batch = Axis(BATCH)
        return cls((batch, channels, *places), tuple((axis,) for axis in (batch, *places, channels)))

    @property
    def shape(self) -> Shape:
        """The shape of a sample in the network."""
        return tuple(axis.size for axis in self.axes[1:])

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes of the tensor in the file, that of the samples as `BATCH`, with steps folded in as a multiple."""
        return tuple(map(_product, self.seen))

    @property
    def plain(self) -> bool:
        """Whether the tensor is the array."""
        return self.seen == tuple((axis,) for axis in self.axes)

    def transposed(self, order: Sequence[int]) -> Value:
        """Return it with the axes of the tensor in another order."""
        if sorted(order) != list(range(len(self.seen))):
            raise FormatError(f"{list(order)} is no order of {len(self.seen)} axes")
        return attrs.evolve(self, seen=tuple(self.seen[axis] for axis in order))

    def placed(self, axis: int) -> int:
        """
        Return which axis of a sample is axis ``axis`` of the tensor.

        Raises:
            FormatError: If it is none, or a product of several.
        """
        group = self.seen[axis]
        if len(group) != 1 or group[0] is self.axes[0]:
            raise FormatError(f"axis {axis} of {_shown(self)} is not one of the axes of a sample")
        return self.axes.index(group[0]) - 1

    def regrouped(self, sizes: Sequence[int]) -> Value | None:
        """Return it seen in other sizes, one of them a multiple of `BATCH`; None where that would cut an axis apart."""
        left = [axis for group in self.seen for axis in group]
        seen: list[tuple[Axis, ...]] = []
        for size in sizes:
            group: list[Axis] = []
            while left and left[0].size == 1 and size < 0 and not group:
                left.pop(0)
            while left and _fits([*group, left[0]], size) and not (_fits(group, size, True) and size != 1):
                group.append(left.pop(0))
            if not _fits(group, size, True):
                return None
            seen.append(self._rejoined(tuple(group)))
        if any(axis.size != 1 for axis in left):
            return None
        return attrs.evolve(self, seen=tuple(seen))

    def in_order(self) -> bool:
        """Return whether the tensor, samples first, has its numbers in the order of the array."""
        if self.seen[:1] != ((self.axes[0],),):
            return False
        flat = [axis for group in self.seen[1:] for axis in group if axis.size != 1]
        return flat == [axis for axis in self.axes[1:] if axis.size != 1]

    def flattened(self) -> bool:
        """Return whether the tensor has the several axes of a sample as one, in whatever order."""
        return len(self.seen) == 2 and self.seen[0] == self.axes[:1] and len(self.axes) > 2

    def rows(self) -> Array:
        """
        Return for every number of a sample, in the order of the array, where it is in the last axis of the tensor.

        Raises:
            FormatError: If that axis is not made of all the axes of a sample.
        """
        group = [axis for axis in self.seen[-1] if axis.size != 1]
        own = [axis for axis in self.axes[1:] if axis.size != 1]
        if len(group) != len(own) or set(map(id, group)) != set(map(id, own)):
            raise FormatError(f"the last axis of {_shown(self)} is not all of a sample")
        numbers = np.arange(_product(group)).reshape([axis.size for axis in group])
        return numbers.transpose([group.index(axis) for axis in own]).ravel()

    def arranged(self, constant: Array) -> Array:
        """
        Return a constant that is combined with the tensor, spread over it, as it is combined with the array.

        Shapes:
            anything that spreads over the tensor, to the shape of a sample
        """
        if math.prod(self.shape) > MOST_SPREAD:
            raise FormatError(
                f"a constant is spread over samples of {self.shape}, which is too much to be meant"
            )
        flat = [axis for group in self.seen for axis in group if axis is not self.axes[0]]
        whole = tuple(size // BATCH if size < 0 else size for size in self.sizes)
        spread = np.broadcast_to(constant, whole).reshape([axis.size for axis in flat])
        return spread.transpose([flat.index(axis) for axis in self.axes[1:] if axis in flat]).reshape(
            self.shape
        )

    def per_unit(self, units: Axis, constant: Array) -> Array:
        """
        Return a constant that is combined with the tensor as one number for each place on one of its axes.

        Raises:
            FormatError: If it varies along another.
        """
        if constant.size == 1:
            return np.full(units.size, constant.reshape(()))
        groups = self.seen[len(self.seen) - constant.ndim :]
        where = [group == (units,) for group in groups]
        if constant.ndim > len(self.seen) or True not in where or constant.size != units.size:
            raise FormatError("a constant is added or multiplied that differs from place to place")
        if constant.shape[where.index(True)] != units.size:
            raise FormatError("a constant is added or multiplied along another axis than that of the units")
        return constant.reshape(-1)

    def with_axis(self, axis: Axis, other: Axis) -> Value:
        """Return it with an axis in the place of another."""

        def put(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
            return tuple(other if one is axis else one for one in axes)

        return Value(put(self.axes), tuple(map(put, self.seen)))

    def _rejoined(self, group: tuple[Axis, ...]) -> tuple[Axis, ...]:
        """Return axes with those in one piece again whose parts stand side by side."""
        for axis in self.axes:
            count = len(axis.parts)
            for start in range(len(group) - count + 1):
                if count and group[start : start + count] == axis.parts:
                    group = (*group[:start], axis, *group[start + count :])
        return group


def _product(group: Sequence[Axis]) -> int:
    return math.prod(axis.size for axis in group)


def _fits(group: Sequence[Axis], size: int, whole: bool = False) -> bool:
    """Return whether the axes may be part of an axis of ``size``, or are the ``whole`` of it."""
    if not group:
        return not whole or size == 1
    if (group[0].size < 0) != (size < 0) or any(axis.size < 0 for axis in group[1:]):
        return False
    return _product(group) == size if whole else size % _product(group) == 0


def _shown(value: Value) -> str:
    return "x".join(str(size) if size > 0 else "N" for size in value.sizes)
