"""Gated recurrent units by machine code."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from .whole import WholeStrand

if TYPE_CHECKING:
    from .level import Level


class GRUWhole(WholeStrand):
    """Equals the strand of a `GRU` whose reset gate acts "after"; a block is h U_n + c, r, u and n."""

    gates_of_states: ClassVar = (2, 0, 1)
    gates_of_inputs: ClassVar = (0, 1, 2)
    biases: ClassVar = (("c", (0,)), ("b", (0, 1, 2)))

    def __init__(self, level: Level, direction: int) -> None:
        from . import gru_kernel

        super().__init__(level, direction, gru_kernel)
