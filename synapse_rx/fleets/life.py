"""The life of a fleet, on a thread of its own: it opens the engine, looks after workers, and ends all in order."""

from __future__ import annotations

import atexit
import os
from concurrent.futures import Future, wait
from contextlib import suppress
from threading import Event, RLock, Thread
from time import monotonic
from weakref import WeakSet

from ..errors import FleetError, WorkerLost
from .answer import promise
from .engine import Engine
from .placing import Placing

CLOSING_SECONDS = 10.0
"""How long closing waits for trainings to give their last snapshots."""

LIVES: WeakSet[Life] = WeakSet()
"""Those of all fleets that are open."""


class Life:
    """
    Opens a fleet and closes it, each once. Any thread may ask, and none of what it asks waits.

    Args:
        engine: Starts workers.
        placing: The workers and their runs.
        processes: How many workers there are to be.
        heartbeat: Seconds after which a worker that says nothing is lost.
        wake: Set when there is something to look after.

    Attributes:
        state: "new", "open", "closing" or "closed".
        opened: Done when all workers have begun.
        closed: Done when all has ended.
    """

    def __init__(
        self,
        engine: Engine,
        placing: Placing,
        processes: int,
        heartbeat: float,
        wake: Event,
    ) -> None:
        self.state = "new"
        self.opened: Future[None] = promise()
        self.closed: Future[None] = promise()
        self._engine = engine
        self._placing = placing
        self._processes = processes
        self._heartbeat = heartbeat
        self._wake = wake
        self._lock = RLock()
        self._cancel = False

    def begin(self) -> None:
        """
        Start the engine and all workers.

        Raises:
            FleetError: If that was done before.
        """
        with self._lock:
            if self.state != "new":
                raise FleetError(f"this fleet is {self.state}; make another one")
            self.state, self._placing.is_open = "open", True
        LIVES.add(self)
        Thread(target=self._keep, name="synapse-rx-fleet", daemon=True).start()

    def end(self, *, cancel: bool) -> None:
        """End all trainings, gracefully unless they are to be cancelled, then the workers, then the engine."""
        with self._lock:
            self._cancel |= cancel
            if self.state == "new":
                self.closed.set_result(None)
            if self.state in ("new", "open"):
                self.state = "closing"
            self._placing.is_open = self._placing.serves = False
        self._wake.set()

    def start_worker(self) -> Future[str]:
        """
        Start one more worker; done when it takes trainings.

        Raises:
            FleetError: If the fleet is not open.
        """
        with self._lock:
            if self.state != "open":
                raise FleetError(f"this fleet is {self.state}")
            return self._placing.staff.start()

    def _keep(self) -> None:
        """Live as long as the engine does: open it, look after workers, close it."""
        try:
            self._engine.open()
        except BaseException as error:
            self.state = "closed"
            self.opened.set_exception(error)
            self.closed.set_result(None)
            LIVES.discard(self)
            return
        staff = self._placing.staff
        try:
            starts = [staff.start() for _ in range(self._processes)]
            staff.wait_for(starts, lambda: self.state == "open")
            with self._lock:
                self._placing.serves = self.state == "open"
            self.opened.set_result(None)
        except BaseException as error:
            self.opened.set_exception(error)
        self._look_after()
        try:
            self._end()
        finally:
            self.state = "closed"
            LIVES.discard(self)
            self.closed.set_result(None)

    def _look_after(self) -> None:
        """Have workers looked after until the fleet is closed."""
        tick = min(1.0, self._heartbeat / 4)
        before = monotonic()
        while self.state == "open":
            self._wake.wait(tick)
            self._wake.clear()
            now = monotonic()
            self._placing.look(now, excused=now - before > 3 * tick)
            before = now

    def _end(self) -> None:
        placing = self._placing
        mirrors = placing.runs
        for mirror in mirrors:
            mirror.cancel() if self._cancel else mirror.stop()
        wait([mirror.outcome for mirror in mirrors], CLOSING_SECONDS)
        keepers = placing.staff.end()
        for mirror in placing.runs:
            mirror.fail(WorkerLost("the fleet was closed before this training had ended"))
        self._engine.close()
        for keeper in keepers:
            keeper.join(CLOSING_SECONDS)
        placing.shelf.clear()


@atexit.register
def _at_exit() -> None:
    open_still = list(LIVES)
    for life in open_still:
        life.end(cancel=False)
    for life in open_still:
        with suppress(TimeoutError):
            life.closed.result(CLOSING_SECONDS)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=LIVES.clear)
