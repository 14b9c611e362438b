"""What one listener has still to be told of many networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import RLock

from ..atoms import Atom
from ..snapshot import Net
from ..subscribers import News
from ..subscribers.follower import Told


class Mailbox:
    """
    Keeps of each network the newest snapshot that was not told, so that it never holds more than one of each.

    What is given out is the news since the listener was told of that network last; the history in a snapshot is whole,
    so no epoch is lost on a listener who is slow. The first news of a network says where it stands. Networks take turns
    in the order in which they have something to tell.

    Args:
        since: Snapshots by name that count as told.
    """

    def __init__(self, since: Mapping[str, Net] | None = None) -> None:
        self._lock = RLock()  # a finalizer may come here on the thread that is here already
        self._waiting: dict[str, tuple[Atom[Net], Net]] = {}
        self._told = {name: Told(net.training.stats) for name, net in (since or {}).items()}
        self._wake: Callable[[], None] | None = None
        self._closed = False

    def put(self, name: str, cell: Atom[Net], net: Net) -> None:
        """Have ``net`` told soon, in the place of what waits of this network. Never blocks."""
        with self._lock:
            if self._closed:
                return
            self._waiting[name] = (cell, net)
            wake, self._wake = self._wake, None
        if wake is not None:
            wake()

    def take(self, wake: Callable[[], None]) -> News | None:
        """Return the next news; or None, and have ``wake`` called once, with the next `put` or `close`."""
        with self._lock:
            if not self._waiting:
                self._wake = None if self._closed else wake
                return None
            name = next(iter(self._waiting))
            cell, net = self._waiting.pop(name)
            told = self._told.get(name) or Told(net.training.stats)
            self._told[name] = Told(net.training.stats, net.training.status)
            return News(cell, name, net, told.stats, told.status)

    def rest(self, wake: Callable[[], None]) -> None:
        """Have ``wake`` called with the next `put`, whatever waits already."""
        with self._lock:
            self._wake = wake

    def stir(self) -> None:
        """Wake whoever waits, though there is nothing to tell."""
        with self._lock:
            wake, self._wake = self._wake, None
        if wake is not None:
            wake()

    def forget(self, name: str) -> None:
        """Tell nothing more of a network; under the same name there may be another one some day."""
        with self._lock:
            self._waiting.pop(name, None)
            self._told.pop(name, None)

    def close(self) -> None:
        """Drop what waits, take nothing more, and wake whoever waits."""
        with self._lock:
            self._closed = True
            self._waiting.clear()
            wake, self._wake = self._wake, None
        if wake is not None:
            wake()
