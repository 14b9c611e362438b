"""Gated recurrent units with the reset before the product, by kernels of a device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...backends.cuda import GRUBeforeKernels, Recurrence
from .fused_steps import FusedSteps
from .time import rows

if TYPE_CHECKING:
    from .level import Level


class GRUBeforeFused(FusedSteps):
    """
    Equals the strand of a `GRU` whose reset gate acts "before": two products a step, and a kernel behind each.

    Shapes:
        kept (T, N, units): r * h, what is left of the state; two (units, 2 units), one (units, units): the weights of
        r and u and those of n, each in one piece.
    """

    def __init__(self, level: Level, direction: int, kernels: GRUBeforeKernels) -> None:
        super().__init__(level, direction)
        s, units = self.s, self.units
        self.kernels, self.kept = kernels, self.memory("kept", units)
        self.two, self.one = s.fixed("U of r and u", (units, 2 * units)), s.fixed("U of n", (units, units))
        self.dru, self.dn = s.array("dru", (2 * units,)), s.array("dn", (units,))
        self.dkept = s.array("dkept", (units,))
        self.of = Recurrence(
            self.sequences, 0, z=self.z, dz=self.dz, b=level.param("b"), h=level.hidden, inner=self.kept
        )

    def read(self) -> None:
        self.xp.copyto(self.two, self.U[:, : 2 * self.units])
        self.xp.copyto(self.one, self.U[:, 2 * self.units :])
        super().read()

    def step(self, t: int) -> None:
        self.xp.matmul(self.before[t], self.two, out=self.dru)
        self.kernels.reset(self.of, self.dru, t)
        self.xp.matmul(self.kept[t], self.one, out=self.dn)
        self.kernels.mix(self.of, self.counts, self.dn, t)

    def step_back(self, t: int, dy: Any, last: Any, through: Any) -> None:
        self.kernels.mix_back(self.of, self.counts, (dy, last), through, self.dh, self.dn, self.dru, t)
        self.xp.matmul(self.dn, self.U_turned[2 * self.units :], out=self.dkept)
        self.kernels.reset_back(self.of, self.dkept, self.dh, self.dru, t)

    def pass_on(self, t: int) -> None:
        self.xp.matmul(self.dru, self.U_turned[: 2 * self.units], out=self.through)

    def gradients(self) -> None:
        dz, two = rows(self.dz), 2 * self.units
        self.xp.matmul(rows(self.before).T, dz[:, :two], out=self.dU[:, :two])
        self.xp.matmul(rows(self.kept).T, dz[:, two:], out=self.dU[:, two:])
