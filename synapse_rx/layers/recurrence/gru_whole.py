"""Gated recurrent units by machine code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...typing import Array
from .whole import WholeStrand

if TYPE_CHECKING:
    from .level import Level


class GRUWhole(WholeStrand):
    """Equals the strand of a `GRU` whose reset gate acts "after"; gates take the place of z, and dz that of gates."""

    def __init__(self, level: Level, direction: int) -> None:
        super().__init__(level, direction)
        from . import gru_kernel

        units = self.units
        self._kernel = gru_kernel
        self._own = self.part(units)
        self._c, self._dc = (
            self.s.fixed("c in one piece", (units,)),
            self.s.fixed("dc in one piece", (units,)),
        )
        self._product = self.s.array("product", (3 * units,)).reshape(-1)
        self._inner = self.memory("inner", units).reshape(-1)
        of_step = self.s.array("dv of step", (3 * units,)) if self.reads_inputs else None
        self._dv = (self.memory("dv", 3 * units) if of_step is None else of_step).reshape(-1)

    def read(self, counts: Array) -> None:
        self.xp.copyto(self._c, self.level.param("c")[self._own])
        self._kernel.forward(
            self.flat_z,
            self.bias,
            self._c,
            self._product,
            self._inner,
            self.flat_hidden,
            counts,
            self.weights,
            self.panels,
            self.tiles,
            self.sizes,
            self.numbers,
        )

    def read_back(self, dy: Array, counts: Array, truncate: int) -> None:
        self._kernel.backward(
            self.flat_z,
            self._dv,
            self._inner,
            self.flat_hidden,
            counts,
            dy,
            self.dh.reshape(-1),
            self._dc,
            self.weights,
            self.panels,
            self.panels_of_step,
            self.tiles,
            self.sizes,
            self.numbers,
            self.wanted(truncate),
        )
        if self.s.learns:
            self.xp.copyto(self.level.grad("c")[self._own], self._dc)
