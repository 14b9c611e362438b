"""The contract of a compute backend."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from ..typing import Array


class Backend(ABC):
    """
    An array module and what differs between array modules.

    Arithmetic is written once in terms of ``xp``; a backend overrides only the delta. Snapshots live on the host, so
    `to_host` and `from_host` are the only doors between the two.
    """

    name: ClassVar[str]

    xp: Any
    """The array module: ``numpy`` or one with its interface."""

    @classmethod
    @abstractmethod
    def why_not(cls) -> str | None:
        """Return None if this backend can serve here, else the reason in one line."""

    @abstractmethod
    def from_host(self, array: Array, dtype: Any = None) -> Array:
        """Return a writable copy of a host array where this backend computes."""

    @abstractmethod
    def share(self, array: Array) -> Array:
        """Return a read-only host array where this backend computes, without a copy if it can."""

    @abstractmethod
    def to_host(self, array: Array) -> Array:
        """Return a fresh host copy of an array (a synchronisation on a device)."""

    @abstractmethod
    def generator(self, seed: Any) -> Any:
        """Return a new random generator."""

    @abstractmethod
    def restore(self, generator: Any, state: Any) -> None:
        """Put a generator back into a state that `generator_state` gave."""

    @abstractmethod
    def generator_state(self, generator: Any) -> Any:
        """Return a generator's state as plain hashable data."""
