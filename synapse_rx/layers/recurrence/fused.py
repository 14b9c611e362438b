"""A strand whose gates and states are kernels of a device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...backends.cuda import NOTHING, Recurrence, RecurrentKernels
from ...typing import Array
from .fused_steps import FusedSteps
from .time import rows

if TYPE_CHECKING:
    from .level import Level


class FusedStrand(FusedSteps):
    """
    Equals a strand in array functions: all steps in one kernel, or a product and a kernel each where U is large.

    Args:
        level, direction: As of all strands.
        kernels: What computes.
        function: The activation, by the number it has there.
        more: Further parameters of the level, for all directions.

    Shapes:
        dv (T, N, gates units): the gradient of the products of states; dc (N, units): that of the cell, on its way
        back.
    """

    def __init__(
        self,
        level: Level,
        direction: int,
        kernels: RecurrentKernels,
        function: int = 0,
        more: Array | None = None,
    ) -> None:
        super().__init__(level, direction)
        self.kernels, self.whole = kernels, kernels.rows(self.sequences) > 0
        self.cells = level.whole("c", level.layer.directions * self.units) if kernels.has_cells else None
        self.dv = self.memory("dv", self.z.shape[2]) if kernels.keeps_inner else self.dz
        self.dc = self.s.array("dc", (self.units,))
        self.of = Recurrence(
            self.sequences,
            function,
            z=self.z,
            dz=self.dz,
            dv=self.dv if kernels.keeps_inner else NOTHING,
            U=level.param("U"),
            b=level.param("b"),
            turned=self.U_turned,
            more=NOTHING if more is None else more,
            h=level.hidden,
            c=NOTHING if self.cells is None else self.cells,
            inner=self.memory("inner", self.units) if kernels.keeps_inner else NOTHING,
        )

    def read(self) -> None:
        if self.whole:
            self.kernels.forward(self.of, self.counts)
        else:
            super().read()

    def take_back(self, dy: Any, last: Any, truncate: int | None) -> None:
        if self.whole:
            self.kernels.backward(self.of, self.counts, dy, last, truncate or 0)
        else:
            super().take_back(dy, last, truncate)

    def step(self, t: int) -> None:
        self.xp.matmul(self.before[t], self.U, out=self.product)
        self.kernels.forward_step(self.of, self.counts, self.product, t)

    def step_back(self, t: int, dy: Any, last: Any, through: Any) -> None:
        self.kernels.backward_step(self.of, self.counts, (dy, last), (self.dh, self.dc), through, t)

    def pass_on(self, t: int) -> None:
        self.xp.matmul(self.dv[t], self.U_turned, out=self.through)

    def gradients(self) -> None:
        self.xp.matmul(rows(self.before).T, rows(self.dv), out=self.dU)
