"""A strand whose sequences are gone through in one call of machine code."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

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
        weights: All of U, flat, the distance of its rows, and where those of this strand begin.
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
        # Vectors have to fit; what does not is left to the library for matrix products.
        fits = units % len(self.tiles[0]) == 0
        self._panels = s.fixed("panels", (units * width,)) if fits else self._nothing
        self._panels_of_step = s.array("panels of step", (width,)).reshape(-1) if fits else self._nothing
        whole = level.param("U")
        if not whole.flags.writeable:  # a type of its own, for which all would be compiled once more
            whole = s.fixed("U of our own", whole.shape)
        self._whole_U = whole
        self.weights = (whole.reshape(-1), whole.shape[1], direction * width)

    @property
    def panels(self) -> Array:
        """Where U is arranged; empty where the library, which may have more than one thread, is to multiply."""
        return self._panels if crew.threads() == 1 else self._nothing

    @property
    def panels_of_step(self) -> Array:
        """Where gradients of a step are arranged."""
        return self._panels_of_step

    @abstractmethod
    def read(self, counts: Array) -> None:
        """Read all steps, of which those ``count``, flat, that are 1; all if it is empty."""

    @abstractmethod
    def read_back(self, dy: Array, counts: Array, truncate: int) -> None:
        """Take gradients of all states, flat or empty, and that of the last one in dh, back to dz and parameters."""

    def forward(self, ends: Ends | None) -> None:
        self.xp.copyto(self.bias, self.b)
        if self._whole_U is not self.level.param("U"):
            self.xp.copyto(self._whole_U, self.level.param("U"))
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

    @property
    def address_of_dU(self) -> int:
        """Where the gradient of U goes; 0 where nobody wants it."""
        return self.dU.ctypes.data if self.s.learns else 0

    def _counts(self, ends: Ends | None) -> Array:
        return self._nothing if ends is None else ends.counts.reshape(-1)


def _tiles() -> tuple[tuple[int, ...], ...]:
    """Return the tiles of matrix products that suit this machine."""
    width, registers = machine()
    high, wide = (4, 4) if registers >= 32 else (4, 2)
    return tuple((0,) * count for count in (width // 4, high, 1, wide, 1))
