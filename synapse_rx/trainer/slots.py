"""A bound on how many compute at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Any


class Slots:
    """
    Lets ``n`` threads in at a time, in the order in which they came: ``with slots: ...``.

    A `threading.Semaphore` would let the thread that leaves in again before any that wait has woken up, so that with
    more trainings than cores some would not move until others are done.

    Args:
        n: How many.
        when_in: Called by every thread that is let in.
    """

    def __init__(self, n: int, when_in: Callable[[], object] = lambda: None) -> None:
        self._free = n
        self._when_in = when_in
        self._lock = Lock()
        self._waiting: deque[Lock] = deque()

    @property
    def crowded(self) -> bool:
        """Whether anybody waits to be let in."""
        return bool(self._waiting)

    def __enter__(self) -> None:
        self._wait()
        try:
            self._when_in()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *exc: Any) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1

    def _wait(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()
