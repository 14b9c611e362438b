"""The contract of machines that states can be recalled from and drawn by."""

from __future__ import annotations

from abc import abstractmethod

from ..typing import Array
from .machine import Machine


class Attractor(Machine):
    """A machine whose states run down its energy."""

    @abstractmethod
    def begin(self, x: Array) -> Array:
        """Return the states (N, features) that samples are, in new memory."""

    @abstractmethod
    def energies(self, x: Array, values: Array) -> None:
        """Write the energy of states (N, features) into ``values`` (N,)."""

    @abstractmethod
    def descend(self, x: Array, order: Array | None, clamped: Array | None = None) -> None:
        """
        Let every unit of states (N, features) move once, in place.

        Args:
            x: The states.
            order: The units in the order in which they move, on the host; None for all at once.
            clamped: (N, features), true where a unit must stay.
        """
