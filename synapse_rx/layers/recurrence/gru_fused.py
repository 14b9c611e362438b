"""Gated recurrent units by kernels of a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...backends.cuda import GRUKernels
from ...typing import Array
from .fused import FusedStrand
from .time import rows

if TYPE_CHECKING:
    from .level import Level


class GRUFused(FusedStrand):
    """Equals the strand of a `GRU` whose reset gate acts "after"."""

    def __init__(self, level: Level, direction: int, kernels: GRUKernels) -> None:
        super().__init__(level, direction, kernels, more=level.param("c"))

    def gradients(self) -> None:
        super().gradients()
        dc: Array = self.level.grad("c")[self.part(self.units)]
        self.xp.matmul(self.level.ones, rows(self.dv)[:, 2 * self.units :], out=dc)
