"""
A value and its ordered announcement: compare-and-set, then a queue of events with one drainer.

The lock is held for a few bytecodes and no user code ever runs under it. It is re-entrant, and inside it
nothing is allocated or called between a check and the change that depends on it, so that a signal handler or
a finalizer that touches the same atom on the same thread finds it consistent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from threading import RLock
from typing import Any, NamedTuple, TypeAlias, cast

from .report import Failures, log_failures, watch_error

Tell: TypeAlias = Callable[[Any, Any, Any, Any], object]
"""What a round calls: ``(key, cell, old, new)``."""

Token: TypeAlias = tuple[Hashable, Hashable]
"""Names an entry: whose it is (None for the atom's own watches) and its key there."""

Event: TypeAlias = tuple[Iterable[tuple[Any, Tell]], Any, Any]
"""Who is (still) to be told, old and new."""

Validator: TypeAlias = Callable[[Any], object]


class Entry(NamedTuple):
    """One listener: a watch, an Rx observer or a stream."""

    key: Any
    tell: Tell
    first: Tell | None = None
    """Told the current value (as ``new``) before anything else, in the same queue."""
    gate: Callable[[], None] | None = None
    """Where a thread that has swapped waits until the listener has room again."""
    alive: Callable[[], bool] | None = None
    """False once the listener is gone and the entry may be dropped; None: for ever."""
    watch: Callable[[], Any] = lambda: None
    """Gives the callable the user gave, or None, for ``watches``."""

    def is_alive(self) -> bool:
        """Whether anybody still listens."""
        return self.alive is None or self.alive()

    def first_call(self) -> tuple[Any, Tell]:
        """The listener of the event that only this entry is told."""
        return self.key, self.first or self.tell


class Delivery:
    """
    Holds a value, whoever listens to it, and the events not yet told.

    An event holds the listeners *of the moment of its commit*, so a listener hears exactly the changes
    committed while it was registered. Whoever commits while nobody drains drains; all others only queue. The
    flag that says so is the very event the drainer began with, which makes giving it back safe wherever a
    KeyboardInterrupt strikes.
    """

    __slots__ = (
        "__weakref__",
        "_drainer",
        "_entries",
        "_gates",
        "_queue",
        "_watches",
        "lock",
        "round",
        "settling",
        "validator",
        "value",
    )

    def __init__(self, value: Any, validator: Validator | None) -> None:
        self.value = value
        self.validator = validator
        self.round = 0
        """How many events have been begun: tells two rounds with the same values apart."""
        self.settling: list[Callable[[], None]] = []
        """Called once, after the round: derived cells let go there of what only the round needed."""
        self.lock = RLock()
        self._entries: dict[Token, Entry] = {}
        self._watches: tuple[tuple[Any, Tell], ...] = ()
        self._gates: tuple[Callable[[], None], ...] = ()
        self._queue: deque[Event] = deque()
        self._drainer: object = None

    @property
    def entries(self) -> dict[Token, Entry]:
        """The listeners as they are now; never changed in place."""
        return self._entries

    def commit(self, source: Any, old: Any, new: Any, validator: Validator | None) -> bool:
        """
        Put ``new`` in the place of ``old`` and announce it; False if value or validator moved on meanwhile.

        Raises:
            WatchError: If this thread drained and listeners raised; the change stands.
        """
        event = None
        failures: Failures | None = None
        try:
            with self.lock:
                watches = self._watches
                if watches:
                    event = (watches, old, new)
                if self.value is not old or self.validator is not validator:
                    event = None
                    return False
                self.value = new
                if event is None:
                    return True
                self._queue.append(event)
                if self._drainer is None:
                    self._drainer = event
            if self._drainer is event:
                failures = self._drain(source, event)
        finally:
            if event is not None and self._drainer is event:
                self._drainer = None
        if self._gates:
            self._wait_for_room(source, failures)
        if failures:
            raise watch_error(source, failures)
        return True

    def guard(self, value: Any, validator: Validator | None) -> bool:
        """Make ``validator`` the one if ``value``, which passed it, is still the value."""
        with self.lock:
            if self.value is not value:
                return False
            self.validator = validator
            return True

    def attach(self, source: Any, token: Token, entry: Entry) -> Failures:
        """
        Register ``entry``, in the place of one with the same token; if it asks, tell it the current value
        first.

        The value takes its place in the queue, so that no version before it and every version after it is
        told.
        """
        event = None
        try:
            while event is None:
                before = self._entries
                entries = {key: e for key, e in before.items() if key == token or e.is_alive()}
                entries[token] = entry
                calls = _calls(entries)
                with self.lock:
                    value = self.value
                    event = ((entry.first_call(),), None, value)
                    if self._entries is not before or self.value is not value:
                        event = None
                        continue
                    self._entries = entries
                    self._watches, self._gates = calls
                    if entry.first is None:
                        return []
                    self._queue.append(event)
                    if self._drainer is None:
                        self._drainer = event
            return self._drain(source, event) if self._drainer is event else []
        finally:
            if event is not None and self._drainer is event:
                self._drainer = None

    def detach(self, token: Token) -> None:
        """Forget an entry; an unknown token is fine."""
        self._keep(lambda key, _: key != token)

    def prune(self) -> None:
        """Forget the entries that are no longer alive."""
        self._keep(lambda _, entry: entry.is_alive())

    def _keep(self, wanted: Callable[[Token, Entry], bool]) -> None:
        while True:
            before = self._entries
            entries = {key: entry for key, entry in before.items() if wanted(key, entry)}
            calls = _calls(entries)
            with self.lock:
                if self._entries is before:
                    self._entries = entries
                    self._watches, self._gates = calls
                    return

    def _wait_for_room(self, source: Any, failures: Failures | None) -> None:
        try:
            for gate in self._gates:
                gate()
        except BaseException:
            log_failures(source, failures)
            raise

    def _drain(self, source: Any, me: object) -> Failures:
        """
        Tell all that is queued, as the one drainer ``me``.

        A round that is interrupted keeps its place (the queue's head holds the iterator), so nothing is told
        twice and nothing is lost. After a KeyboardInterrupt (or any other BaseException) what is queued is
        still told, then it is raised; a second one is raised at once and leaves the rest to the next drainer.
        """
        queue = self._queue
        failures: Failures = []
        interrupt: BaseException | None = None
        while True:
            try:
                while queue:
                    watches, old, new = cast(Event, queue[0])
                    rest = iter(watches)
                    queue[0] = (rest, old, new)
                    if rest is not watches:
                        self.round += 1
                    for key, tell in rest:
                        try:
                            tell(key, source, old, new)
                        except Exception as error:
                            failures.append((key, error))
                    queue.popleft()
                    while self.settling:
                        self.settling.pop()()
                with self.lock:
                    if not queue:
                        self._drainer = None
                        break
            except BaseException as error:
                if interrupt is not None or self._drainer is not me:
                    log_failures(source, failures)
                    raise
                interrupt = error
        if interrupt is not None:
            log_failures(source, failures)
            raise interrupt
        return failures


def _calls(
    entries: dict[Token, Entry],
) -> tuple[tuple[tuple[Any, Tell], ...], tuple[Callable[[], None], ...]]:
    return (
        tuple([(entry.key, entry.tell) for entry in entries.values()]),
        tuple([entry.gate for entry in entries.values() if entry.gate is not None]),
    )
