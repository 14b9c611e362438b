"""Long short-term memory by kernels of a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...backends.cuda import LSTMKernels
from .fused import FusedStrand
from .peepholes import write_peephole_gradients

if TYPE_CHECKING:
    from .level import Level


class LSTMFused(FusedStrand):
    """Equals the strand of an `LSTM`, with peepholes or without."""

    def __init__(self, level: Level, direction: int, kernels: LSTMKernels, peepholes: bool) -> None:
        super().__init__(level, direction, kernels, more=level.param("P") if peepholes else None)
        self.peepholes = peepholes

    def gradients(self) -> None:
        super().gradients()
        if self.peepholes and self.cells is not None:
            c, c_before = self.states(self.cells[:, :, self.part(self.units)])
            write_peephole_gradients(self, c, c_before)
