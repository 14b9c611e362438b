"""Where the parameters of a strand are, and where kernels of sequences want their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import frozen

from ...typing import Array
from .memory import Memory, Sizes

WORD = 4
"""Bytes of a number."""

OF_PANELS, OF_BIASES = 0, 1
"""Which of two sums a gradient is in."""


@frozen
class Part:
    """
    A parameter of a strand.

    Attributes:
        value, grad: It and its gradient, None for none; columns are ordered by direction, gate and unit.
        gates: The gates that vectors of a block are of.
        first: Which row of a block is its first; of biases, which gate.
        turned: The address of what it is turned into; 0 for none.
    """

    value: Array
    grad: Array | None
    gates: Sequence[int]
    first: int = 0
    turned: int = 0


class Arrangement:
    """
    The plans by which parameters come into blocks and panels, and gradients back; made once, since nothing moves.

    A plan has a row for each vector of gates: the address of the parameter, its rows, their distance, and how far in
    a row it is from a block to the next; where the first block has its numbers, and how far it is there from a row to
    the next and from a block to the next; how many blocks are full, and how many numbers the one behind them has.

    Args:
        strand: Its direction (0 or 1) of how many, its units, and how many vectors of them stand together in a block.
        sizes, memory: Of its kernels.
        lanes, across: Tuples as long as a vector, and as a panel of what is turned in vectors.
        matrices: U and W, whose products with rows give blocks.
        biases: What blocks begin with, gate by gate.
    """

    def __init__(
        self,
        strand: tuple[int, int, int, int],
        sizes: Sizes,
        memory: Memory,
        lanes: tuple[int, ...],
        across: tuple[int, ...],
        matrices: Sequence[Part],
        biases: Sequence[Part],
    ) -> None:
        from . import arrange_kernel

        self._kernel = arrange_kernel
        self._direction, self._directions, self._units, self._together = strand
        self._lanes, self._across = lanes, across
        width = len(matrices[0].gates) * self._together * len(lanes)
        block = sum(len(part.gates) for part in biases) * self._together * len(lanes)
        deep = sizes.padded + sizes.features
        plan, turned, back = list[Any](), list[Any](), list[Any]()
        panel = len(across) * len(lanes)
        for part in matrices:
            plan += self._plan(
                part.value, part, memory.panels + WORD * part.first * width, width, deep * width
            )
            if part.grad is not None:
                start = WORD * part.first * width
                back += self._plan(part.grad, part, start, width, sizes.columns * width, OF_PANELS)
            if part.turned:
                size = len(part.gates) * self._together * len(lanes) * panel
                turned += self._plan(part.value, part, part.turned, sizes.blocks * size, size, apart=panel)
        for part in biases:
            start = WORD * part.first * self._together * len(lanes)
            plan += self._plan(part.value, part, memory.bias + start, 0, block)
            if part.grad is not None:
                back += self._plan(part.grad, part, start, 0, block, OF_BIASES)
        self._plans = [np.array(rows, np.int64) for rows in (plan, turned, back)]
        self._one = np.ones(1, np.float32)

    def arrange(self) -> None:
        """Write parameters into blocks."""
        self._kernel.arrange(self._lanes, self._plans[0])

    def turn(self) -> None:
        """Write them turned into panels."""
        if len(self._plans[1]):
            self._kernel.arrange_turned(self._lanes, self._across, self._plans[1], self._one.ctypes.data)

    def put_back(self, sums: Array) -> None:
        """Write the sums over all sets of blocks into gradients: ``sums`` (sets, 2) are their addresses."""
        if len(self._plans[2]):
            self._kernel.put_back(self._lanes, self._plans[2], sums)

    def _plan(
        self, values: Array, part: Part, into: int, row_gap: int, gap: int, *which: int, apart: int = 1
    ) -> list[list[int]]:
        """Return the rows of a plan; ``apart`` is how far numbers of a vector are from each other."""
        lanes, units, further = len(self._lanes), self._units, self._together * len(self._lanes)
        length = values.shape[-1]
        start = self._direction * length // self._directions
        found: list[list[int]] = []
        for gate in part.gates:
            for first in range(0, further, lanes):
                rest = units - first
                whole = max(0, (rest - lanes) // further + 1)
                left = max(0, rest - whole * further)
                address = values.ctypes.data + WORD * (start + gate * units + first)
                place = into + WORD * len(found) * lanes * apart
                shape = (values.size // length, length, further)
                found.append([address, *shape, place, row_gap, gap, whole, left, *which])
        return found
