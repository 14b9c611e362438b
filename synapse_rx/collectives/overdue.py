"""Ends a process that is stuck in a call which nothing else can end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

LOOKS, LONGEST = 10, 60.0
"""How often it looks within the time that a call may take, and the seconds between two looks at most."""


def leave(why: str) -> None:
    """Say why, and end this process at once, with whatever its threads are at."""
    print(f"synapse_rx: {why}", file=sys.stderr, flush=True)
    os._exit(1)


class Overdue:
    """
    Watches calls into a library that wait for other processes, and cannot be interrupted.

    Args:
        seconds: How long one may take.
        why: What is said if it takes longer.
        end: Called with that, on a thread of its own.
    """

    def __init__(self, seconds: float, why: str, end: Callable[[str], object] = leave) -> None:
        self._seconds = seconds
        self._why = why
        self._end = end
        self._since: float | None = None
        self._over = Event()
        Thread(target=self._look, name="synapse-rx-overdue", daemon=True).start()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch what is done in this context, one thing at a time."""
        self._since = monotonic()
        try:
            yield
        finally:
            self._since = None

    def close(self) -> None:
        """Watch no more."""
        self._over.set()

    def _look(self) -> None:
        while not self._over.wait(min(self._seconds / LOOKS, LONGEST)):
            since = self._since
            if since is not None and monotonic() - since > self._seconds:
                self._end(self._why)
                return
