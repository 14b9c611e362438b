"""What a training that is paused, or lacks data, waits for."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

from ..atoms import Atom
from ..snapshot import Net


class Nap:
    """
    Calls back once, from whatever thread changes the cell so that ``is_over``, or calls `end`.

    While it lasts the cell has one watch more, under this object as its key.
    """

    def __init__(self, atom: Atom[Net], is_over: Callable[[], bool]) -> None:
        self._atom = atom
        self._is_over = is_over
        self._lock = Lock()
        self._callback: Callable[[], None] | None = None

    def begin(self, callback: Callable[[], None]) -> None:
        """Sleep; the callback may come before this returns."""
        self._atom.add_watch(self, self._changed)
        with self._lock:
            self._callback = callback
        self._end_if_over()

    def end(self) -> None:
        """Wake up, if asleep."""
        with self._lock:
            callback, self._callback = self._callback, None
        if callback is not None:
            self._atom.remove_watch(self)
            callback()

    def _changed(self, key: Any, atom: Any, old: Net, new: Net) -> None:
        self._end_if_over()

    def _end_if_over(self) -> None:
        if self._is_over():
            self.end()
