"""A strand that goes step by step, by products and a kernel of a device behind each."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from ...backends.cuda import NOTHING, Sequences
from ...typing import Array
from ..contiguous import contiguous
from .ends import Ends
from .step_memory import StepMemory

if TYPE_CHECKING:
    from .level import Level


class FusedSteps(StepMemory):
    """
    Members do one step in `step`, and go back through one in `step_back` and `pass_on`.

    Shapes:
        through (N, units): what passes to the state before of its gradient by products; dh: what passes otherwise.

    Attributes:
        sequences: The sizes, as kernels take them.
        counts: 1 where a step counts and 0 where none does, (T, N, 1); `NOTHING` if all do.
    """

    def __init__(self, level: Level, direction: int) -> None:
        super().__init__(level, direction)
        self.sequences = Sequences(level.steps, self.n, self.units, level.layer.directions, direction)
        self.through = self.s.array("through", (self.units,))
        self.counts: Any = NOTHING

    @abstractmethod
    def step(self, t: int) -> None:
        """Read step t: write h[t], given before[t] and z[t]."""

    @abstractmethod
    def step_back(self, t: int, dy: Any, last: Any, through: Any) -> None:
        """
        Write dz[t], and what passes to the state before other than by products.

        Args:
            t: The step.
            dy: Gradients of the states after all steps, (T, N, units).
            last: That of the state after the last step, (N, units), where t is that one.
            through: What comes from the step behind by products, (N, units); `NOTHING` where nothing passes from there.
        """

    @abstractmethod
    def pass_on(self, t: int) -> None:
        """Write what passes by products to the state before step t."""

    def forward(self, x: Array, ends: Ends | None) -> None:
        self.counts = NOTHING if ends is None else ends.counts
        self.read()

    def backward(self, dy: Array | None, last: Array | None, ends: Ends | None, truncate: int | None) -> None:
        self.xp.copyto(self.U_turned, self.U.T)
        every = NOTHING if dy is None else self._in_one_piece(dy)
        self.take_back(every, NOTHING if last is None else contiguous(last, "dlast", self.s), truncate)
        if self.s.learns:
            self.gradients()

    def read(self) -> None:
        """Read all steps."""
        for t in self.order:
            self.step(t)

    def take_back(self, dy: Any, last: Any, truncate: int | None) -> None:
        """Take gradients back through all steps; those of `step_back`."""
        through: Any = NOTHING
        for number in range(len(self.order) - 1, -1, -1):
            t, passes = self.order[number], number > 0 and (truncate is None or number % truncate > 0)
            self.step_back(t, dy, last, through)
            if passes:
                self.pass_on(t)
            through, last = self.through if passes else NOTHING, NOTHING

    def _in_one_piece(self, dy: Array) -> Array:
        if dy.flags.c_contiguous:
            return dy
        whole = self.memory("dy", self.units)
        self.xp.copyto(whole, dy)
        return whole
