"""A modern Hopfield network at work."""

from __future__ import annotations

import math
from typing import Any

from ..scratch import Scratch
from ..typing import Array
from .attractor import Attractor
from .machine import Workplace


class ModernMachine(Attractor):
    """
    Attention over memories.

    Errors: ``retrieval_error``, the mean over units of ``(x - x')^2`` where x' is what x moves to, and ``energy``.

    Args:
        arch: The description, with ``layout`` and ``beta``.
        place: Where it computes.
    """

    kinds = ("retrieval_error", "energy")

    def __init__(self, arch: Any, place: Workplace) -> None:
        super().__init__(place)
        self.units, self.beta = arch.units, arch.beta
        self.memories: Array = arch.layout.views(place.theta, (0,))["X"]

    def learn(self, x: Array, scale: float, values: Array) -> None:
        raise AssertionError("patterns are stored, there is no gradient")

    def measure(self, x: Array, values: Array) -> None:
        """Write both errors (`Machine`)."""
        xp = self.xp
        self.energies(x, values[1])
        moved = self.forward(x)
        xp.subtract(moved, x, out=moved)
        xp.multiply(moved, moved, out=moved)
        xp.mean(moved, axis=1, out=values[0])

    def forward(self, x: Array) -> Array:
        """Return the states after one step (`Machine`)."""
        s, xp = self.scratch(len(x)), self.xp
        attention, _, total = self._attention(x, s)
        xp.divide(attention, total, out=attention)
        return xp.matmul(attention, self.memories, out=s.array("moved", (self.units,)))

    def store(self, x: Array, first: int) -> None:
        """Write samples into their memories (`Machine`)."""
        self.memories[first : first + len(x)] = x

    def begin(self, x: Array) -> Array:
        """Return samples as they are (`Attractor`)."""
        return x.copy()

    def energies(self, x: Array, values: Array) -> None:
        """Write the energies of states (`Attractor`)."""
        s, xp = self.scratch(len(x)), self.xp
        _, highest, total = self._attention(x, s)
        xp.log(total, out=total)
        xp.add(total, highest, out=total)
        xp.multiply(total[:, 0], -1.0 / self.beta, out=values)
        squares = s.array("squares", (self.units,))
        xp.multiply(x, x, out=squares)
        xp.multiply(xp.sum(squares, axis=1, out=s.array("length")), 0.5, out=s.array("length"))
        xp.add(values, s.array("length"), out=values)
        longest = (self.memories * self.memories).sum(axis=1).max()
        xp.add(values, math.log(len(self.memories)) / self.beta + longest / 2, out=values)

    def descend(self, x: Array, order: Array | None, clamped: Array | None = None) -> None:
        """Move states once, all units together whatever ``order`` says (`Attractor`)."""
        moved = self.forward(x)
        if clamped is not None:
            self.xp.copyto(moved, x, where=clamped)
        x[...] = moved

    def _attention(self, x: Array, s: Scratch) -> tuple[Array, Array, Array]:
        """Return ``exp(beta x X' - highest)`` (N, memories), what is highest and the sums, (N, 1)."""
        xp = self.xp
        scores, highest, total = (
            s.array("scores", (len(self.memories),)),
            s.array("highest", (1,)),
            s.array("total", (1,)),
        )
        xp.matmul(x, self.memories.T, out=scores)
        xp.multiply(scores, self.beta, out=scores)
        xp.max(scores, axis=1, keepdims=True, out=highest)
        xp.subtract(scores, highest, out=scores)
        xp.exp(scores, out=scores)
        xp.sum(scores, axis=1, keepdims=True, out=total)
        return scores, highest, total
