"""Wakes readers on event loops from whatever thread, and never waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class Bells:
    """A bell on each event loop where somebody listens."""

    def __init__(self) -> None:
        self._bells: dict[asyncio.AbstractEventLoop, Bell] = {}
        self._lock = Lock()

    def ring(self) -> None:
        """Wake all who listen. Costs one call for each loop, however many listen there."""
        for bell in tuple(self._bells.values()):
            bell.ring()

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever the bell rings, for use on the running loop."""
        loop, event = asyncio.get_running_loop(), asyncio.Event()
        with self._lock:
            bell = self._bells.get(loop) or Bell(loop)
            self._bells = {**self._bells, loop: bell}
            bell.events.add(event)
        try:
            yield event
        finally:
            with self._lock:
                bell.events.discard(event)
                if not bell.events:
                    self._bells = {each: kept for each, kept in self._bells.items() if each is not loop}


class Bell:
    """
    The bell on one loop.

    Attributes:
        events: What it sets.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.events: set[asyncio.Event] = set()
        self._loop = loop
        self._pending = False

    def ring(self) -> None:
        """Set all events soon; rung again before that, it rings once."""
        if self._pending:
            return
        self._pending = True
        try:
            self._loop.call_soon_threadsafe(self._rung)
        except RuntimeError:
            pass  # the loop is closed: nobody listens there any more

    def _rung(self) -> None:
        self._pending = False  # before the events: what comes meanwhile rings again
        for event in tuple(self.events):
            event.set()
