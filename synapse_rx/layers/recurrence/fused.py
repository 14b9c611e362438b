"""A strand whose steps are kernels of a device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...backends.cuda import NOTHING, Recurrence, RecurrentKernels, Sequences
from ...typing import Array
from ..contiguous import contiguous
from .ends import Ends
from .stepped import SteppedStrand
from .time import rows

if TYPE_CHECKING:
    from .level import Level


class FusedStrand(SteppedStrand):
    """
    Equals a strand in array functions: all steps in one kernel, or a product and a kernel each where U is large.

    Args:
        level, direction: As of all strands.
        kernels: What computes.
        function: The activation, by the number it has there.
        more: Further parameters of the level, for all directions.

    Shapes:
        dv (T, N, gates units): the gradient of the products of states; kept (N, units): what passes to the state before
        of its gradient, other than by products.
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
        self.kernels, sequences = (
            kernels,
            Sequences(level.steps, self.n, self.units, level.layer.directions, direction),
        )
        self.cells = level.whole("c", level.layer.directions * self.units) if kernels.has_cells else None
        inner = self.memory("inner", self.units) if kernels.keeps_inner else NOTHING
        self.dv = self.memory("dv", self.z.shape[2]) if kernels.keeps_inner else self.dz
        self.kept, self.dc = self.s.array("kept", (self.units,)), self.s.array("dc", (self.units,))
        self.counts: Any = NOTHING
        self.of = Recurrence(
            sequences,
            function,
            self.z,
            self.dz,
            self.dv if kernels.keeps_inner else NOTHING,
            level.param("U"),
            level.param("b"),
            self.U_turned,
            NOTHING if more is None else more,
            level.hidden,
            NOTHING if self.cells is None else self.cells,
            inner,
        )
        self.whole = kernels.rows(sequences) > 0

    def forward(self, x: Array, ends: Ends | None) -> None:
        self.counts = NOTHING if ends is None else ends.counts
        if self.whole:
            self.kernels.forward(self.of, self.counts)
            return
        for t in self.order:
            self.step(t)

    def backward(self, dy: Array | None, last: Array | None, ends: Ends | None, truncate: int | None) -> None:
        self.xp.copyto(self.U_turned, self.U.T)
        every, final = self.in_one_piece(dy), NOTHING if last is None else contiguous(last, "dlast", self.s)
        if self.whole:
            self.kernels.backward(self.of, self.counts, every, final, truncate or 0)
        else:
            self._step_by_step(every, final, truncate)
        if self.s.learns:
            self.gradients()

    def step(self, t: int) -> None:
        self.xp.matmul(self.before[t], self.U, out=self.product)
        self.kernels.forward_step(self.of, self.counts, self.product, t)

    def step_back(self, t: int, passes: bool) -> None:
        """Take the gradient of the state before step t through its product with U."""
        if passes:
            self.xp.matmul(self.dv[t], self.U_turned, out=self.dh)

    def gradients(self) -> None:
        self.xp.matmul(rows(self.before).T, rows(self.dv), out=self.dU)

    def _step_by_step(self, dy: Any, last: Any, truncate: int | None) -> None:
        product, running = NOTHING, (self.kept, self.dc)
        for number in range(len(self.order) - 1, -1, -1):
            t, passes = self.order[number], number > 0 and (truncate is None or number % truncate > 0)
            self.kernels.backward_step(self.of, self.counts, (dy, last), running, product, t)
            self.step_back(t, passes)
            product, last = self.dh if passes else NOTHING, NOTHING
