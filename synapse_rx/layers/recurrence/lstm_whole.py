"""Long short-term memory by machine code."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from .whole import WholeStrand

if TYPE_CHECKING:
    from .level import Level


class LSTMWhole(WholeStrand):
    """Equals the strand of an `LSTM` without peepholes."""

    gates_of_states: ClassVar = (0, 1, 2, 3)
    gates_of_inputs: ClassVar = (0, 1, 2, 3)
    biases: ClassVar = (("b", (0, 1, 2, 3)),)
    has_cells: ClassVar = True

    def __init__(self, level: Level, direction: int) -> None:
        from . import lstm_kernel

        super().__init__(level, direction, lstm_kernel)
        self._cells = level.whole("c", self.units) if level.layer.carry else None

    def _states(self) -> tuple[int, ...]:
        return (*super()._states(), 0 if self._cells is None else self._cells.ctypes.data)
