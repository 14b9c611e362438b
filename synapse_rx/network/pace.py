"""How many batches fit into the time there is."""

from __future__ import annotations

from typing import Any

from ..remembered import remembered

ENOUGH = 0.8
"""The part of the time given that ends a chunk: beside a busy thread each call waits for the interpreter's lock."""


class Pace:
    """
    Seconds a batch of a chunk takes, as the last chunk took; the first goes by trainings of the same kind before it.

    Args:
        arch: What is trained.
        backend: The name of the backend.
        batch: Samples in a batch.
    """

    def __init__(self, arch: Any, backend: str, batch: int) -> None:
        self._known, self._kind = _paces(arch), (backend, batch)
        self._seconds = self._known.get(self._kind, 0.0)

    def fitting(self, seconds: float) -> int:
        """Return how many batches fit into so many seconds, at least one."""
        return max(1, int(seconds / self._seconds)) if self._seconds else 1

    def note(self, seconds: float, batches: int) -> None:
        """Go by what some batches took from here on."""
        self._seconds = seconds / batches

    def keep(self) -> None:
        """Let other trainings of this kind begin with what was found here."""
        self._known[self._kind] = self._seconds


@remembered
def _paces(arch: Any) -> dict[tuple[str, int], float]:
    """Return how many seconds a batch took in the trainings of such a net so far, by the backend and its samples."""
    return {}
