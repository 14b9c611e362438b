"""A strand: one level of a recurrent layer reading in one direction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from ...typing import Array
from .ends import Ends

if TYPE_CHECKING:
    from .level import Level


class Strand(ABC):
    """
    What one direction of one level does in one pass.
    """

    reads_inputs: ClassVar[bool] = False
    """Whether it multiplies inputs by W, and takes gradients back to W, b and inputs; else the level does."""

    def __init__(self, level: Level, direction: int) -> None:
        self.level, self.direction = level, direction
        self.s, self.xp, self.n, self.units = level.s, level.s.xp, level.s.n, level.units
        self.reverse = direction == 1

    @abstractmethod
    def forward(self, x: Array, ends: Ends | None) -> None:
        """Read all steps of x (T, N, features); states behind an end are zeros."""

    @abstractmethod
    def backward(self, dy: Array | None, last: Array | None, ends: Ends | None, truncate: int | None) -> None:
        """
        Take gradients back to what the level takes further, and, where the layer learns, to its own parameters.

        Args:
            dy: The gradient of each state, (T, N, units); None for none.
            last: The gradient of the state after the last step, (N, units); None for none.
            ends: Where the samples end; None if all steps count.
            truncate: Steps after which no gradient passes on; None to go back to the start.
        """

    def part(self, width: int) -> Any:
        """Return the columns of this direction among those of all, each ``width`` wide."""
        return slice(self.direction * width, (self.direction + 1) * width)
