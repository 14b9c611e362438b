"""One listener's subscriptions to all members, whoever comes and goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from threading import RLock

from reactivex.abc import DisposableBase

from ..atoms import Atom
from ..snapshot import Net
from .mailbox import Mailbox


class Ear:
    """
    Listens to cells on behalf of one listener, and puts what it hears into a mailbox.

    It knows cells as observables only: the current value first, then every version in order.

    Args:
        at_end: Called once when it is closed.
        since: Snapshots by name that count as told.

    Attributes:
        mailbox: What is to be told.
        closed: Whether it listens no more.
    """

    def __init__(self, at_end: Callable[[Ear], None], since: Mapping[str, Net] | None = None) -> None:
        self.mailbox = Mailbox(since)
        self.closed = False
        self._at_end = at_end
        self._lock = RLock()
        self._subscriptions: dict[str, DisposableBase] = {}

    def follow(self, members: Mapping[str, Atom[Net]]) -> None:
        """Listen to cells, too."""
        for name, cell in members.items():
            subscription = cell.subscribe(partial(self.mailbox.put, name, cell))
            with self._lock:
                if not self.closed:
                    self._subscriptions[name] = subscription
                    continue
            subscription.dispose()

    def leave(self, name: str) -> None:
        """Listen to one cell no more."""
        with self._lock:
            subscription = self._subscriptions.pop(name, None)
        if subscription is not None:
            subscription.dispose()
        self.mailbox.forget(name)

    def close(self) -> None:
        """Listen no more."""
        with self._lock:
            first, self.closed = not self.closed, True
            subscriptions, self._subscriptions = self._subscriptions, {}
        for subscription in subscriptions.values():
            subscription.dispose()
        self.mailbox.close()
        if first:
            self._at_end(self)
