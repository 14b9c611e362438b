"""A strand that goes step by step, in the operations of numpy."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from ...typing import Array
from .ends import Ends
from .step_memory import StepMemory

if TYPE_CHECKING:
    from .level import Level


class SteppedStrand(StepMemory):
    """
    Members do one step in `step` and the gradient of one in `step_back`; the order of steps, ends of sequences and
    truncation are settled here.

    Attributes:
        running: Every state after each step, (T, N, units), with its gradient on the way back, (N, units).
    """

    def __init__(self, level: Level, direction: int) -> None:
        super().__init__(level, direction)
        self.running = [(self.h, self.dh)]

    @abstractmethod
    def step(self, t: int) -> None:
        """Read step t: write h[t], given before[t] and z[t], which may be used up."""

    @abstractmethod
    def step_back(self, t: int, passes: bool) -> None:
        """
        Write dz[t], given the gradient of h[t] in dh; turn dh into that of before[t] where it ``passes`` on.

        The same for further states.
        """

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
