"""The simple recurrent layer by machine code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from .whole import WholeStrand

if TYPE_CHECKING:
    from .level import Level


class RNNWhole(WholeStrand):
    """
    Equals the strand of an `RNN`.

    Args:
        level, direction: As of all strands.
        rectified: Whether its function is max(z, 0), not tanh.
    """

    keeps_gates: ClassVar = False

    def __init__(self, level: Level, direction: int, rectified: bool) -> None:
        from . import rnn_kernel

        super().__init__(level, direction, rnn_kernel)
        self._rectified = int(rectified)

    def _options(self) -> tuple[Any, ...]:
        return (self._rectified,)
