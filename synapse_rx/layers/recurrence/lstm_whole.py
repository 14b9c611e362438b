"""Long short-term memory by machine code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...typing import Array
from .whole import WholeStrand

if TYPE_CHECKING:
    from .level import Level


class LSTMWhole(WholeStrand):
    """Equals the strand of an `LSTM` without peepholes; the gates take the place of z, and dz that of the gates."""

    def __init__(self, level: Level, direction: int) -> None:
        super().__init__(level, direction)
        from . import lstm_kernel

        self._kernel = lstm_kernel
        self._cells = level.whole("c", level.layer.directions * self.units).reshape(-1)
        self._dc, self._squashed = self.s.array("dc", (self.units,)), self.s.fixed("squashed", (self.units,))

    def read(self, counts: Array) -> None:
        self._kernel.forward(
            self.flat_z,
            self.bias,
            self.flat_hidden,
            self._cells,
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
            self.flat_hidden,
            self._cells,
            counts,
            dy,
            self.dh.reshape(-1),
            self._dc.reshape(-1),
            self._squashed,
            self.weights,
            self.panels,
            self.panels_of_step,
            self.tiles,
            self.sizes,
            self.numbers,
            self.wanted(truncate),
        )
