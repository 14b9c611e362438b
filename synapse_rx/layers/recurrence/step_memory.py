"""The memory of a strand that goes step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...typing import Array
from .strand import Strand
from .time import over_time, rows

if TYPE_CHECKING:
    from .level import Level


class StepMemory(Strand):
    """
    What all strands that go step by step keep, and what they do over all steps at once.

    Shapes:
        z and dz (T, N, gates units): what the inputs add to the logits of the gates, and the gradient of it;
        h (T, N, units): the hidden state after each step, before: that before each step;
        dh (N, units): the gradient of the state, on its way back.

    Attributes:
        order: The steps as they are read.
    """

    def __init__(self, level: Level, direction: int) -> None:
        super().__init__(level, direction)
        s, units, width = self.s, self.units, level.gates * level.units
        gates, own = self.part(width), self.part(units)
        self.z, self.dz = level.z[direction], level.dz[direction]
        self.h, self.before = self.states(level.hidden[:, :, own])
        self.U, self.b = level.param("U")[:, gates], level.param("b")[gates]
        self.dh = s.array("dh", (units,))
        self.U_turned = s.fixed("U_turned", (width, units))
        self.product = s.array("product", (width,))
        self.order = range(level.steps - 1, -1, -1) if self.reverse else range(level.steps)

    def gradients(self) -> None:
        """Write the gradients of U and of what else is its own, over all steps at once."""
        self.xp.matmul(rows(self.before).T, rows(self.dz), out=self.dU)

    def states(self, whole: Array) -> tuple[Array, Array]:
        """Return the states after and before each step, of all (T + 2, N, units)."""
        return whole[1:-1], whole[2:] if self.reverse else whole[:-2]

    @property
    def dU(self) -> Array:
        """Where the gradient of U goes."""
        return self.level.grad("U")[:, self.part(self.z.shape[2])]

    def memory(self, name: str, width: int) -> Array:
        """Return memory of this strand alone for all steps, (T, N, width)."""
        return over_time(self.s, f"{name}{self.level.index}{'r' * self.reverse}", self.level.steps, width)

    def gates_in_z(self) -> Array:
        """Return the memory of z and dz with each gate in one piece, (T, gates, N, units); writing uses z up."""
        return self.z.reshape(len(self.z), self.level.gates, self.n, self.units)

    def gate_memory(self, name: str, gates: int) -> Array:
        """Return memory of this strand alone in which each gate lies in one piece, (T, gates, N, units)."""
        return self.memory(name, gates * self.units).reshape(-1, gates, self.n, self.units)

    def for_step(self, name: str, gates: int) -> Array:
        """Return memory for the time of one step, (gates, N, units)."""
        return self.s.array(name, (gates * self.units,)).reshape(gates, self.n, self.units)
