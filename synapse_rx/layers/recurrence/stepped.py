"""A strand that goes step by step, in the operations of numpy."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from ...backends.cuda import NOTHING
from ...typing import Array
from .ends import Ends
from .strand import Strand
from .time import over_time, rows

if TYPE_CHECKING:
    from .level import Level


class SteppedStrand(Strand):
    """
    Members do one step in `step` and the gradient of one in `step_back`; the order of steps, ends of sequences and
    truncation are settled here.

    Shapes:
        z and dz (T, N, gates units): what the inputs add to the logits of the gates, and the gradient of it;
        h (T, N, units): the hidden state after each step, before: that before each step;
        dh (N, units): the gradient of the state, on its way back.

    Attributes:
        running: Every state after each step, (T, N, units), with its gradient on the way back, (N, units).
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
        self.running = [(self.h, self.dh)]
        self.product = s.array("product", (width,))
        self.order = range(level.steps - 1, -1, -1) if self.reverse else range(level.steps)

    @abstractmethod
    def step(self, t: int) -> None:
        """Read step t: write h[t], given before[t] and z[t], which may be used up."""

    @abstractmethod
    def step_back(self, t: int, passes: bool) -> None:
        """
        Write dz[t], given the gradient of h[t] in dh; turn dh into that of before[t] where it ``passes`` on.

        The same for further states.
        """

    def gradients(self) -> None:
        """Write the gradients of U and of what else is its own, over all steps at once."""
        self.xp.matmul(rows(self.before).T, rows(self.dz), out=self.dU)

    def forward(self, x: Array, ends: Ends | None) -> None:
        for t in self.order:
            self.step(t)
            if ends is not None:
                for state, _ in self.running:
                    self.xp.multiply(state[t], ends.counts[t], out=state[t])

    def backward(self, dy: Array | None, last: Array | None, ends: Ends | None, truncate: int | None) -> None:
        self.xp.copyto(self.U_turned, self.U.T)  # products with it are faster so, all steps together
        gradients = [gradient for _, gradient in self.running]
        for gradient in gradients:
            gradient.fill(0)
        if last is not None:
            self.xp.copyto(self.dh, last)
        for number in range(len(self.order) - 1, -1, -1):
            t = self.order[number]
            if dy is not None:
                self.xp.add(self.dh, dy[t], out=self.dh)
            if ends is not None:
                for gradient in gradients:
                    self.xp.multiply(gradient, ends.counts[t], out=gradient)
            passes = number > 0 and (truncate is None or number % truncate > 0)
            self.step_back(t, passes)
            if not passes:
                for gradient in gradients:
                    gradient.fill(0)
        if self.s.learns:
            self.gradients()

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

    def in_one_piece(self, dy: Array | None) -> Any:
        """Return the gradient of all states (T, N, units) as kernels of devices take it; `NOTHING` for none."""
        if dy is None:
            return NOTHING
        if dy.flags.c_contiguous:
            return dy
        whole = self.memory("dy", self.units)
        self.xp.copyto(whole, dy)
        return whole

    def gates_in_z(self) -> Array:
        """Return the memory of z and dz with each gate in one piece, (T, gates, N, units); writing uses z up."""
        return self.z.reshape(len(self.z), self.level.gates, self.n, self.units)

    def gate_memory(self, name: str, gates: int) -> Array:
        """Return memory of this strand alone in which each gate lies in one piece, (T, gates, N, units)."""
        return self.memory(name, gates * self.units).reshape(-1, gates, self.n, self.units)

    def for_step(self, name: str, gates: int) -> Array:
        """Return memory for the time of one step, (gates, N, units)."""
        return self.s.array(name, (gates * self.units,)).reshape(gates, self.n, self.units)
