"""A bounded buffer between the threads that swap and the loop that reads."""

from __future__ import annotations

import threading
from asyncio import AbstractEventLoop, get_running_loop
from collections import deque
from collections.abc import Callable
from typing import Any, Literal, TypeAlias, get_args

from ..errors import OptionError, UnknownNameError

Overflow: TypeAlias = Literal["latest", "drop_oldest", "block"]
"""What a full buffer does with one more version."""

_LOOK_AGAIN = 0.05
"""Seconds between two looks of a blocked writer at whether the reader's loop is closed; nothing says so."""


class Handover:
    """
    Takes values on any thread, keeps at most ``capacity`` of them, and calls ``wake`` once when the reader
    waits.

    Args:
        capacity: How many values wait.
        overflow: "latest" replaces all that wait by the newest, "drop_oldest" drops the oldest, "block" makes
            the writer wait in `wait_for_room` (what was put is in the buffer already, which so holds one more
            per writer).
        loop: Where it is read, if that is known.
    """

    __slots__ = (
        "_capacity",
        "_items",
        "_loop",
        "_overflow",
        "_room",
        "_thread",
        "_wake",
        "closed",
        "dropped",
        "lock",
    )

    def __init__(self, capacity: int, overflow: Overflow, loop: AbstractEventLoop | None = None) -> None:
        if type(capacity) is not int or capacity < 1:
            raise OptionError(f"buffer is a number of versions, 1 or more, not {capacity!r}")
        if overflow not in get_args(Overflow):
            raise UnknownNameError.of("overflow", overflow, get_args(Overflow))
        self._capacity = capacity
        self._overflow = overflow
        self._items: deque[Any] = deque()
        self._loop = loop
        self._thread = threading.get_ident() if loop is None or loop is running_loop() else None
        self._wake: Callable[[], None] | None = None
        self.lock = threading.RLock()
        self._room = threading.Condition(self.lock)
        self.dropped = 0
        """How many values gave way to newer ones and were never read."""
        self.closed = False

    @property
    def gate(self) -> Callable[[], None] | None:
        """Where writers wait, if they do."""
        return self.wait_for_room if self._overflow == "block" else None

    def is_open(self) -> bool:
        """Whether values are still taken."""
        return not self.closed

    def put(self, value: Any) -> None:
        """Add a value; never blocks."""
        with self.lock:
            if self.closed:
                return
            if len(self._items) >= self._capacity:
                self._make_room()
            self._items.append(value)
            wake, self._wake = self._wake, None
        if wake is not None:
            wake()

    def take(self, wake: Callable[[], None] | None = None) -> list[Any]:
        """Give the oldest value in a list, or an empty one and call ``wake`` at the next `put` or `close`."""
        with self.lock:
            if not self._items:
                self._wake = wake
                return []
            self._room.notify_all()
            return [self._items.popleft()]

    def read_on(self, loop: AbstractEventLoop) -> None:
        """Note where values are read: the thread of this loop is never made to wait."""
        self._loop = loop
        self._thread = threading.get_ident()

    def read_here(self) -> None:
        """Note that values are read on this thread for the moment."""
        self._thread = threading.get_ident()

    def read_elsewhere(self) -> None:
        """Note that nobody knows which thread will read next."""
        self._thread = None

    def is_full_here(self) -> bool:
        """Whether there is no room for one more, and a writer on this thread would wait for itself."""
        return self._is_here() and len(self._items) >= self._capacity

    def stir(self) -> None:
        """Wake a reader that waits though there is nothing to read."""
        with self.lock:
            wake, self._wake = self._wake, None
        if wake is not None:
            wake()

    def wait_for_room(self) -> None:
        """Wait until at most ``capacity`` values wait, unless that would wait for oneself or for nobody."""
        if self._is_here():
            return
        with self.lock:
            while len(self._items) > self._capacity and not self._is_deserted():
                self._room.wait(_LOOK_AGAIN)

    def close(self) -> None:
        """Take nothing more, drop what waits, and let everybody go who waits here."""
        with self.lock:
            self.closed = True
            self._items.clear()
            self._room.notify_all()
            wake, self._wake = self._wake, None
        if wake is not None:
            wake()

    def __repr__(self) -> str:
        return f"<buffer of {self._capacity}, {self._overflow}>"

    def _make_room(self) -> None:
        if self._overflow == "latest":
            self.dropped += len(self._items)
            self._items.clear()
        elif self._overflow == "drop_oldest" or self._is_deserted():
            while len(self._items) >= self._capacity:
                self.dropped += 1
                self._items.popleft()

    def _is_here(self) -> bool:
        return self._thread == threading.get_ident() or running_loop() is self._loop is not None

    def _is_deserted(self) -> bool:
        return self.closed or (self._loop is not None and self._loop.is_closed())


def running_loop() -> AbstractEventLoop | None:
    """Give the loop that runs on this thread, if one does."""
    try:
        return get_running_loop()
    except RuntimeError:
        return None
