"""The simple recurrent layer by machine code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...typing import Array
from .whole import WholeStrand

if TYPE_CHECKING:
    from .level import Level


class RNNWhole(WholeStrand):
    """
    Equals the strand of an `RNN`.

    Args:
        level, direction: As of all strands.
        rectified: Whether its function is max(z, 0), not tanh.
    """

    def __init__(self, level: Level, direction: int, rectified: bool) -> None:
        super().__init__(level, direction)
        from . import rnn_kernel

        self._kernel = rnn_kernel
        self._rectified = int(rectified)
        self._flat_dz = self.dz.reshape(-1)

    def read(self, counts: Array) -> None:
        self._kernel.forward(
            self.flat_z,
            self.bias,
            self.flat_hidden,
            counts,
            self._rectified,
            self.weights,
            self.panels,
            self.tiles,
            self.sizes,
            self.numbers,
        )

    def read_back(self, dy: Array, counts: Array, truncate: int) -> None:
        self._kernel.backward(
            self._flat_dz,
            self.flat_hidden,
            counts,
            dy,
            self.dh.reshape(-1),
            self._rectified,
            self.weights,
            self.panels,
            self.panels_of_step,
            self.tiles,
            self.sizes,
            self.numbers,
            self.wanted(truncate),
        )
