"""Gated recurrent units with the reset before the product, by kernels of a device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...backends.cuda import NOTHING, GRUBeforeKernels, Recurrence, Sequences
from ...typing import Array
from ..contiguous import contiguous
from .ends import Ends
from .stepped import SteppedStrand
from .time import rows

if TYPE_CHECKING:
    from .level import Level


class GRUBeforeFused(SteppedStrand):
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
        self.through, self.dkept = s.array("through", (units,)), s.array("dkept", (units,))
        self.counts: Any = NOTHING
        self.of = Recurrence(
            Sequences(level.steps, self.n, units, level.layer.directions, direction),
            0,
            self.z,
            self.dz,
            NOTHING,
            NOTHING,
            level.param("b"),
            NOTHING,
            NOTHING,
            level.hidden,
            NOTHING,
            self.kept,
        )

    def forward(self, x: Array, ends: Ends | None) -> None:
        self.counts = NOTHING if ends is None else ends.counts
        self.xp.copyto(self.two, self.U[:, : 2 * self.units])
        self.xp.copyto(self.one, self.U[:, 2 * self.units :])
        for t in self.order:
            self.step(t)

    def backward(self, dy: Array | None, last: Array | None, ends: Ends | None, truncate: int | None) -> None:
        self.xp.copyto(self.U_turned, self.U.T)
        every, final = self.in_one_piece(dy), NOTHING if last is None else contiguous(last, "dlast", self.s)
        product: Any = NOTHING
        for number in range(len(self.order) - 1, -1, -1):
            t, passes = self.order[number], number > 0 and (truncate is None or number % truncate > 0)
            self.kernels.mix_back(
                self.of, self.counts, (every, final), product, self.dh, self.dn, self.dru, t
            )
            self.step_back(t, passes)
            product, final = self.through if passes else NOTHING, NOTHING
        if self.s.learns:
            self.gradients()

    def step(self, t: int) -> None:
        self.xp.matmul(self.before[t], self.two, out=self.dru)
        self.kernels.reset(self.of, self.dru, t)
        self.xp.matmul(self.kept[t], self.one, out=self.dn)
        self.kernels.mix(self.of, self.counts, self.dn, t)

    def step_back(self, t: int, passes: bool) -> None:
        """Take the gradient of n through the reset, and what passes on through the products of r and u."""
        two = 2 * self.units
        self.xp.matmul(self.dn, self.U_turned[two:], out=self.dkept)
        self.kernels.reset_back(self.of, self.dkept, self.dh, self.dru, t)
        if passes:
            self.xp.matmul(self.dru, self.U_turned[:two], out=self.through)

    def gradients(self) -> None:
        dz, two = rows(self.dz), 2 * self.units
        self.xp.matmul(rows(self.before).T, dz[:, :two], out=self.dU[:, :two])
        self.xp.matmul(rows(self.kept).T, dz[:, two:], out=self.dU[:, two:])
