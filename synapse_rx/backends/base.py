"""The contract of a compute backend."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar

from ..typing import Array
from .cuda import Kernels
from .uploads import Handing, Uploads


class Backend(ABC):
    """
    An array module and what differs between array modules.

    Arithmetic is written once in terms of ``xp``; a backend overrides only the delta. Snapshots live on the host, so
    `to_host` and `from_host` are the only doors between the two.
    """

    name: ClassVar[str]

    xp: Any
    """The array module: ``numpy`` or one with its interface."""

    remote: ClassVar[bool] = False
    """True where arrays lie in the memory of a device, which the host neither reads nor waits for while it computes."""

    captures: bool = False
    """Whether `repeated` makes more of a step than calls, if it can."""

    @property
    def kernels(self) -> Kernels | None:
        """What is computed by kernels of a device rather than by functions of ``xp``; None for nothing."""
        return None

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

    def uploads(self, rows: int, like: Sequence[Array]) -> Uploads:
        """Return what brings batches of up to so many rows, with arrays like these of the host, where this computes."""
        return Handing(self.share)

    def spare(self) -> int | None:
        """Return how many bytes a data set may take where this computes; None for any number."""
        return None

    @abstractmethod
    def to_host(self, array: Array) -> Array:
        """Return a fresh host copy of an array (a synchronisation on a device)."""

    @abstractmethod
    def generator(self, seed: Any) -> Any:
        """Return a new random generator."""

    @abstractmethod
    def restore(self, generator: Any, state: Any) -> None:
        """
        Put a generator back into a state that `generator_state` gave.

        Of a state from a backend with other generators a seed is made, so that one state still gives one sequence.
        """

    @abstractmethod
    def generator_state(self, generator: Any) -> Any:
        """Return a generator's state as plain hashable data."""

    def active(self) -> AbstractContextManager[Any]:
        """
        Return the context that everything is computed in, on whichever thread: device, stream and memory of its own.

        Errors of a device leave it as errors of this library, see `CupyBackend`.
        """
        return nullcontext()

    def repeated(
        self, step: Callable[[], None], changes: Callable[[], Sequence[Array]]
    ) -> Callable[[], None]:
        """
        Return what takes a step on a device as often as it is called.

        Args:
            step: Asks for no number of the device, and sends it none.
            changes: Gives all arrays that it changes and that anybody reads again.
        """
        return step

    def synchronize(self) -> None:
        """Wait until all that was asked for is computed."""
        return None

    def close(self) -> None:
        """Give back memory that no array needs any more. Never raises."""
        return None
