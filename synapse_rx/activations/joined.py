"""The activations of several outputs that stand in one row."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, Self

from attrs import field, frozen

from ..scratch import Scratch
from ..typing import Array, Shape
from .base import Activation


@frozen
class Joined(Activation):
    """
    Apply to each part of a row a function of its own.

    What networks with several outputs end in. No member of the family, because nobody asks for it by name.

    Args:
        functions: The function of each part.
        shapes: The shape of each part.

    Shapes:
        z and y (N, sum of the sizes of all parts)
    """

    functions: tuple[Activation, ...] = field(converter=tuple)
    shapes: tuple[Shape, ...] = field(converter=tuple)

    @classmethod
    def members(cls) -> Iterator[type[Self]]:
        return iter(())

    @property
    def spans(self) -> tuple[slice, ...]:
        """Where each part lies in a row."""
        ends = list(accumulate(map(math.prod, self.shapes)))
        return tuple(slice(start, end) for start, end in zip([0, *ends], ends, strict=False))

    @property
    def differentiable(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        return all(function.differentiable for function in self.functions)

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        for k, function in enumerate(self.functions):
            part = s.inside(f"part{k}")
            out = part.array("y", self.shapes[k])
            function.forward(self.part(z, k, "z", part), out, part)
            self.put(out, y, k, s)

    def backward(self, z: Array, y: Array, dy: Array, dz: Array, s: Scratch) -> None:
        for k, function in enumerate(self.functions):
            part = s.inside(f"part{k}")
            out = part.array("dz", self.shapes[k])
            z_part, y_part = self.part(z, k, "z", part), self.part(y, k, "y", part)
            function.backward(z_part, y_part, self.part(dy, k, "dy", part), out, part)
            self.put(out, dz, k, s)

    def part(self, row: Array, k: int, name: str, s: Scratch) -> Array:
        """Return a copy of part ``k`` of each row, in its shape, in the buffer ``name``."""
        out = s.array(name, self.shapes[k])
        s.xp.copyto(out.reshape(len(out), -1), row[:, self._span(k)])
        return out

    def steps(self, k: int) -> int:
        """Return how many rows part ``k`` of a sample is judged in: its steps, where it is (steps, outputs), else 1."""
        return self.shapes[k][0] if len(self.shapes[k]) == 2 else 1

    def width(self, k: int) -> int:
        """Return how many numbers one of these rows has."""
        return math.prod(self.shapes[k]) // self.steps(k)

    def stands_in_rows(self, k: int) -> bool:
        """Return whether the last axis of part ``k`` is that of its rows."""
        return len(self.shapes[k]) <= 2

    def inside(self, k: int, s: Scratch) -> Scratch:
        """Return memory for the rows of part ``k``."""
        return s.inside(f"rows{k}", self.steps(k))

    def rows(self, row: Array, k: int, name: str, rows: Scratch) -> Array:
        """Return a copy of part ``k`` of each sample, (N steps, width), in the buffer ``name`` of `inside`."""
        out = rows.array(name, (self.width(k),))
        rows.xp.copyto(out.reshape(len(row), -1), row[:, self._span(k)])
        return out

    def judge(self, kind: Any, k: int, y: Array, t: Array, values: Array, s: Scratch) -> None:
        """Write what the loss or metric ``kind`` makes of part ``k`` into ``values`` (N,), the mean over its steps."""
        rows = self.inside(k, s)
        each = rows.array("each")
        kind.values(self.rows(y, k, "judged_y", rows), self.rows(t, k, "judged_t", rows), each, rows)
        s.xp.mean(each.reshape(s.n, -1), axis=1, out=values)

    def put(self, part: Array, row: Array, k: int, s: Scratch) -> None:
        """Write part ``k`` into each row."""
        s.xp.copyto(row[:, self._span(k)], part.reshape(len(row), -1))

    def _span(self, k: int) -> slice:
        start = sum(map(math.prod, self.shapes[:k]))
        return slice(start, start + math.prod(self.shapes[k]))
