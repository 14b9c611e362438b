"""A strand whose sequences are gone through in one call of machine code."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from ...typing import Array
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
        sizes: Steps, samples, units; whether steps are read in reverse, and whether states before the first one may be
            other than 0; the length of a row of states, and where those of this strand begin in it; the address of U
            and the distance of its rows.
        numbers: 0 and 1, float32.
    """

    def __init__(self, level: Level, direction: int) -> None:
        super().__init__(level, direction)
        s, units, length = self.s, self.units, level.hidden.shape[2]
        own = (int(self.reverse), int(level.layer.carry), length, direction * units)
        self.sizes = (
            level.steps,
            s.n,
            units,
            *own,
            self.U.ctypes.data,
            self.U.strides[0] // s.dtype.itemsize,
        )
        self.numbers = s.fixed("numbers", (2,))
        self.numbers[:] = 0, 1
        self.bias = s.fixed("bias in one piece", self.b.shape)
        self.flat_z, self.flat_hidden = self.z.reshape(-1), level.hidden.reshape(-1)
        self._nothing = s.fixed("nothing", (0,))

    @abstractmethod
    def read(self, counts: Array) -> None:
        """Read all steps, of which those ``count``, flat, that are 1; all if it is empty."""

    @abstractmethod
    def read_back(self, dy: Array, counts: Array, truncate: int) -> None:
        """Take gradients of all states, flat or empty, and that of the last one in dh, back to dz and parameters."""

    def forward(self, ends: Ends | None) -> None:
        self.xp.copyto(self.bias, self.b)
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
