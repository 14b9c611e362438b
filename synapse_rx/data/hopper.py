"""A bounded hand-over between who reads ahead and who learns."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Hopper(Generic[T]):
    """
    Holds a few things on their way from one thread to another. Nobody ever waits in here: both sides are called back.

    One side puts in, one takes out. Callbacks come once, from whatever thread made them true, under no lock.

    Args:
        size: The most things held.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._things: deque[T] = deque()
        self._lock = Lock()
        self._closed = False
        self._room: Callable[[], object] | None = None
        self._ready: Callable[[], object] | None = None

    def put(self, thing: T, *, last: bool = False) -> bool:
        """Put one thing in; False, and nothing done, if it is closed, or full and this is not the last thing."""
        with self._lock:
            if self._closed or (len(self._things) >= self._size and not last):
                return False
            self._things.append(thing)
            waiting, self._ready = self._ready, None
        if waiting is not None:
            waiting()
        return True

    def take(self) -> T | None:
        """Take the oldest thing out; None if it is empty."""
        with self._lock:
            if not self._things:
                return None
            thing = self._things.popleft()
            waiting, self._room = self._room, None
        if waiting is not None:
            waiting()
        return thing

    def peek(self) -> T | None:
        """Return the oldest thing, which stays in; None if it is empty."""
        with self._lock:
            return self._things[0] if self._things else None

    def when_room(self, callback: Callable[[], object]) -> None:
        """Call back once there is room, or nobody wants anything any more; at once if that is so."""
        with self._lock:
            waits = not self._closed and len(self._things) >= self._size
            self._room = callback if waits else None
        if not waits:
            callback()

    def when_ready(self, callback: Callable[[], object]) -> None:
        """Call back once there is something to take, or never will be; at once if that is so."""
        with self._lock:
            waits = not self._closed and not self._things
            self._ready = callback if waits else None
        if not waits:
            callback()

    @property
    def closed(self) -> bool:
        """Whether nobody wants anything any more."""
        return self._closed

    def close(self) -> None:
        """Drop what is in it and take nothing more."""
        with self._lock:
            self._closed = True
            self._things.clear()
            waiting = (self._room, self._ready)
            self._room = self._ready = None
        for callback in waiting:
            if callback is not None:
                callback()
