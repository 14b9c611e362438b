"""A strand: one level of a recurrent layer reading in one direction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from ...typing import Array
from .ends import Ends
from .time import over_time

if TYPE_CHECKING:
    from .level import Level


class Strand(ABC):
    """
    The views one direction of one level works on in one pass.

    Shapes:
        z and dz (T, N, gates units): what the inputs add to the logits of the gates, and the gradient of it;
        h (T, N, units): the hidden state after each step, before: that before each step;
        dh (N, units): the gradient of the state, on its way back.

    Attributes:
        reads_inputs: Whether it multiplies inputs by W, and takes gradients back to W and b; else the level does.
        inputs: Inputs of all steps, (T, N, features); None before the first pass.
    """

    def __init__(self, level: Level, direction: int) -> None:
        s, units, width = level.s, level.units, level.gates * level.units
        self.level, self.direction = level, direction
        self.s, self.xp, self.n, self.units = s, s.xp, s.n, units
        self.reverse = direction == 1
        gates, own = self.part(width), self.part(units)
        self.z, self.dz = level.z[direction], level.dz[direction]
        self.h, self.before = self.states(level.hidden[:, :, own])
        self.U, self.b = level.param("U")[:, gates], level.param("b")[gates]
        self.dh = s.array("dh", (units,))
        self.reads_inputs = False
        self.inputs: Array | None = None

    @abstractmethod
    def forward(self, ends: Ends | None) -> None:
        """Read all steps; states behind an end are zeros."""

    @abstractmethod
    def backward(self, dy: Array | None, last: Array | None, ends: Ends | None, truncate: int | None) -> None:
        """
        Write dz and, where the layer learns, the gradients of its own parameters.

        Args:
            dy: The gradient of each state, (T, N, units); None for none.
            last: The gradient of the state after the last step, (N, units); None for none.
            ends: Where the samples end; None if all steps count.
            truncate: Steps after which no gradient passes on; None to go back to the start.
        """

    def part(self, width: int) -> Any:
        """Return the columns of this direction among those of all, each ``width`` wide."""
        return slice(self.direction * width, (self.direction + 1) * width)

    def states(self, whole: Array) -> tuple[Array, Array]:
        """Return the states after and before each step, of all (T + 2, N, units)."""
        return whole[1:-1], whole[2:] if self.reverse else whole[:-2]

    @property
    def dU(self) -> Array:
        """Where the gradient of U goes."""
        return self.level.grad("U")[:, self.part(self.z.shape[2])]

    @property
    def dW(self) -> Array:
        """Where the gradient of W goes."""
        return self.level.grad("W")[:, self.part(self.z.shape[2])]

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
