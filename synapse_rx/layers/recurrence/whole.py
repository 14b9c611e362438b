"""A strand whose sequences are gone through in one call of machine code."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from ... import crew
from ...typing import Array
from ..lanes.machine import machine
from .ends import Ends
from .strand import Strand

if TYPE_CHECKING:
    from .level import Level


class WholeStrand(Strand):
    """
    What the strands of machine code have in common: everything is handed over flat, in memory of one piece.

    Nothing of numpy's arithmetic is left in it. Members equal the `SteppedStrand` of the same layer.

    Attributes:
        bias: The biases of this strand, a copy in each pass.
        panels: Where U is arranged; empty where the library is to multiply.
        panels_of_step: Where gradients of a step are.
        tiles: The tiles of matrix products (`multiply_panels`).
        sizes: Steps, samples, units; whether steps are read in reverse, and whether states before the first one may be
            other than 0; the length of a row of states, and where those of this strand begin in it.
        numbers: 0 and 1, float32.
    """

    def __init__(self, level: Level, direction: int) -> None:
        super().__init__(level, direction)
        s, units, length, width = self.s, self.units, level.hidden.shape[2], self.z.shape[2]
        own = (int(self.reverse), int(level.layer.carry), length, direction * units)
        self.sizes = (level.steps, s.n, units, *own)
        self.numbers = s.fixed("numbers", (2,))
        self.numbers[:] = 0, 1
        self.bias = s.fixed("bias in one piece", self.b.shape)
        self.flat_z, self.flat_hidden = self.z.reshape(-1), level.hidden.reshape(-1)
        self.tiles = _tiles()
        self._nothing = s.fixed("nothing", (0,))
        # Vectors have to fit, and one thread has to do; all else is left to the library for matrix products.
        self.reads_inputs = units % len(self.tiles[0]) == 0 and crew.threads() == 1
        self.panels = self.panels_of_step = self._panels_of_inputs = self._nothing
        self._U, self._W = (self._own(name) for name in ("U", "W"))
        if self.reads_inputs:
            self.panels = s.fixed("panels", (units * width,))
            self.panels_of_step = s.array("panels of step", (width,)).reshape(-1)
            self._panels_of_inputs = s.fixed(f"panels of inputs {level.index}", (len(self._W) * width,))
        self._db = s.fixed("db in one piece", (width,))

    @abstractmethod
    def read(self, counts: Array) -> None:
        """Read all steps, of which those ``count``, flat, that are 1; all if it is empty."""

    @abstractmethod
    def read_back(self, dy: Array, counts: Array, truncate: int) -> None:
        """Take gradients of all states, flat or empty, and that of the last one in dh, back to dz and parameters."""

    def forward(self, ends: Ends | None) -> None:
        self.xp.copyto(self.bias, self.b)
        for name, own in (("U", self._U), ("W", self._W)):
            if own is not self.level.param(name):
                self.xp.copyto(own, self.level.param(name))
        self.read(self._counts(ends))

    def backward(self, dy: Array | None, last: Array | None, ends: Ends | None, truncate: int | None) -> None:
        if last is None:
            self.dh.fill(0)
        else:
            self.xp.copyto(self.dh, last)
        given = self._nothing
        if dy is not None:
            whole = self.memory("dy", self.units)
            self.xp.copyto(whole, dy)
            given = whole.reshape(-1)
        self.read_back(given, self._counts(ends), truncate or 0)
        if self.reads_inputs and self.s.learns:
            self.xp.copyto(self.level.grad("b")[self.part(self.z.shape[2])], self._db)

    @property
    def weights(self) -> tuple[Any, ...]:
        """All of U, flat, the distance of its rows and where those of this strand begin; inputs, their number; W."""
        inputs = self._nothing if self.inputs is None else self.inputs.reshape(-1)
        begin = self.direction * self.z.shape[2]
        where = (self._U.reshape(-1), self._U.shape[1], begin)
        return (*where, inputs, len(self._W), self._W.reshape(-1), self._panels_of_inputs)

    def wanted(self, truncate: int) -> tuple[Any, ...]:
        """Return after how many steps gradients are cut, the addresses of those of U and W, 0 for none, and b's."""
        of_U = self.dU.ctypes.data if self.s.learns else 0
        of_W = self.dW.ctypes.data if self.s.learns else 0
        return truncate, of_U, of_W, self._db

    def _own(self, name: str) -> Array:
        """Return a parameter, or memory for a copy if it is of a type for which all would be compiled once more."""
        whole = self.level.param(name)
        return (
            whole
            if whole.flags.writeable
            else self.s.fixed(f"{name}{self.level.index} of our own", whole.shape)
        )

    def _counts(self, ends: Ends | None) -> Array:
        return self._nothing if ends is None else ends.counts.reshape(-1)


def _tiles() -> tuple[tuple[int, ...], ...]:
    """Return the tiles of matrix products that suit this machine."""
    width, registers = machine()
    high, wide = (4, 4) if registers >= 32 else (4, 2)
    return tuple((0,) * count for count in (width // 4, high, 1, wide, 1))
