"""The contract of machines that states can be drawn from."""

from __future__ import annotations

from abc import abstractmethod

from ..typing import Array
from .machine import Machine


class Sampler(Machine):
    """A machine whose states are drawn at a temperature."""

    @abstractmethod
    def noise(self, n: int) -> Array:
        """Return n states (N, units) to begin with, drawn without regard to anything."""

    @abstractmethod
    def begin(self, x: Array) -> Array:
        """Return the states (N, units) that samples are, in new memory."""

    @abstractmethod
    def sweep(self, x: Array, temperature: float, clamped: Array | None = None) -> None:
        """
        Draw every unit of states (N, units) once, in place, so that ``exp(-E / temperature)`` stays as it is.

        Args:
            x: The states.
            temperature: Above 0.
            clamped: (N, units), true where a unit must stay.
        """

    def visible(self, x: Array, *, means: bool = False) -> Array:
        """Return what states look like, (N, features), or the means that this was drawn from."""
        return x
