"""The workers of a fleet: begun, looked after, let go, ended."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Future, wait
from contextlib import AbstractContextManager
from threading import Thread
from typing import Any

from ..errors import FleetError, WorkerLost
from .answer import promise
from .engine import Engine, Settings
from .keeper import Keeper, Listener

CLOSING_SECONDS = 10.0
"""How long a worker may take to end."""
FRUITLESS = 3
"""Workers that may fail to begin, one after the other, before no more are begun in the place of lost ones."""


class Staff:
    """
    Starts workers and knows where each stands.

    Args:
        engine: What starts them.
        settings: Gives what each is told first.
        heartbeat: Seconds of silence after which one is taken for lost.
        listener: Who hears of all of them.
        lock: The listener's lock.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Callable[[], Settings],
        heartbeat: float,
        listener: Listener,
        lock: AbstractContextManager[Any],
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._heartbeat = heartbeat
        self._listener = listener
        self._lock = lock
        self._beginning: dict[Keeper, Future[str]] = {}
        self._serving: list[Keeper] = []
        self._leaving: dict[Keeper, Future[str]] = {}
        self._fruitless = 0

    @property
    def to_come(self) -> bool:
        """Whether any is about to begin."""
        return bool(self._beginning)

    @property
    def hopeful(self) -> bool:
        """Whether it is worth starting another one in the place of one that is lost."""
        return self._fruitless < FRUITLESS

    def start(self) -> Future[str]:
        """Start one; what is returned is done, with its name, when it has begun."""
        keeper = Keeper(self._engine, self._settings(), self._listener)
        begun: Future[str] = promise()
        with self._lock:
            self._beginning[keeper] = begun
        keeper.start()
        return begun

    def wait_for(self, starts: Collection[Future[str]], goes_on: Callable[[], bool]) -> None:
        """
        Wait until all have begun.

        Raises:
            FleetError: If one could not, or they are not to be waited for any more.
        """
        while goes_on() and not all(start.done() for start in starts):
            wait(starts, 0.2)
            if any(start.done() and start.exception() for start in starts):
                break
        for start in starts:
            if start.done() and (error := start.exception()) is not None:
                raise error
        if not goes_on():
            raise FleetError("the fleet was closed while it began")

    def dismiss(self, keeper: Keeper) -> Future[str]:
        """Let one go; what is returned is done, with its name, when it has ended. `look` sees when it is free to."""
        gone: Future[str] = promise()
        with self._lock:
            self._serving.remove(keeper)
            self._leaving[keeper] = gone
        return gone

    def joined(self, keeper: Keeper) -> Callable[[], None]:
        """Note that one has begun; return what tells whoever waits for that, to be called without the lock."""
        with self._lock:
            self._serving.append(keeper)
            begun = self._beginning.pop(keeper)
            self._fruitless = 0
        return lambda: begun.set_result(keeper.name)

    def left(self, keeper: Keeper, why: BaseException) -> tuple[bool, Callable[[], None]]:
        """Note that one is gone; return whether it was wanted still, and what tells whoever waits for that."""
        with self._lock:
            begun, gone = self._beginning.pop(keeper, None), self._leaving.pop(keeper, None)
            if keeper in self._serving:
                self._serving.remove(keeper)
            self._fruitless += begun is not None

        def tell() -> None:
            if begun is not None:
                begun.set_exception(why)
            if gone is not None:
                gone.set_result(keeper.name)

        return gone is None, tell

    def look(self, now: float, busy: Collection[Keeper | None], excused: bool) -> None:
        """
        Give up those that are silent, and let those go that may.

        Args:
            now: The time, as `time.monotonic` gives it.
            busy: Those that have runs.
            excused: Whether it was this process that stood still, so that nobody could be heard.
        """
        with self._lock:
            everyone = [*self._serving, *self._leaving]
            free = [keeper for keeper in self._leaving if keeper not in busy]
        for keeper in everyone:
            if excused and keeper.heard is not None:
                keeper.heard = now
            elif keeper.heard is not None and now - keeper.heard > self._heartbeat:
                keeper.heard = None
                _end(keeper, WorkerLost(f"{keeper.name} was silent for {self._heartbeat:g} s and was ended"))
        for keeper in free:
            _end(keeper, None)

    def end(self) -> list[Keeper]:
        """End all of them, whatever they do; return them."""
        with self._lock:
            keepers = [*self._serving, *self._leaving, *self._beginning]
        threads = [_end(keeper, None) for keeper in keepers]
        for thread in threads:
            thread.join(CLOSING_SECONDS)
        return keepers


def _end(keeper: Keeper, why: BaseException | None) -> Thread:
    """End one, on a thread of its own, since that may take its time."""
    thread = Thread(target=keeper.stop, args=(why,), name="synapse-rx-fleet-end", daemon=True)
    thread.start()
    return thread
