"""A thread for work that may take its time or fail, so that nobody who publishes ever waits for it."""

from __future__ import annotations

import atexit
import logging
import os
from collections import deque
from collections.abc import Callable, Hashable
from threading import Condition, RLock, Thread, current_thread
from time import monotonic, thread_time
from typing import Any
from weakref import WeakSet

END_SECONDS = 5.0
"""How long the end of a subscriber may keep its program waiting for work that is not done."""

IDLE_SECONDS = 1.0
"""A thread that has had nothing to do for so long ends; the next work starts another one."""

SLOW_SECONDS = 10.0
"""Work that takes longer is reported."""

log = logging.getLogger("synapse_rx")

WORKERS: WeakSet[Worker] = WeakSet()
"""Every worker that is there."""


class Worker:
    """
    Calls ``work(key, item)`` on a thread of its own, for one item after the other.

    Of each key only the newest ``capacity`` items wait; with one, items are conflated. What ``work`` raises is logged,
    the first time only, and so is work that does not come to an end; either harms nobody else.

    Args:
        work: Does it. Called from one thread at a time.
        name: Who it is for, in messages: "CSVLog".
        capacity: Items of each key that wait.
        rest: Seconds that lie between two calls of ``work`` at least; newer items take the place of older ones then.
        share: The share of a processor it may take: work that costs more computing rests longer.

    Attributes:
        dropped: How many items gave way to newer ones.
        failures: How many calls raised.
        error: What the last of these raised.
    """

    def __init__(
        self,
        work: Callable[[Any, Any], object],
        name: str,
        *,
        capacity: int = 1,
        rest: float = 0.0,
        share: float = 1.0,
    ) -> None:
        self.dropped = 0
        self.failures = 0
        self.error: BaseException | None = None
        self._work = work
        self._name = name
        self._capacity = capacity
        self._rest = rest
        self._share = share
        self._begin_empty()
        WORKERS.add(self)

    def put(self, key: Hashable, item: Any) -> None:
        """Have ``item`` worked on soon. Never waits, on whatever thread."""
        with self._changed:
            waiting = self._waiting.setdefault(key, deque())
            if len(waiting) >= self._capacity:
                waiting.popleft()
                self.dropped += 1
            waiting.append(item)
            if self._thread is None:
                self._start()
            self._changed.notify_all()
            self._notice_slowness()

    def finish(self, seconds: float | None = None) -> bool:
        """
        Wait until all work is done; return whether it is.

        Args:
            seconds: How long at most; None for `END_SECONDS`. What is not done by then is done later, or never.
        """
        if current_thread() is self._thread:  # the work itself asks: it would wait for itself
            return False
        with self._changed:
            self._hurries += 1
            self._changed.notify_all()
            done = self._changed.wait_for(self._is_idle, END_SECONDS if seconds is None else seconds)
            self._hurries -= 1
            if not done:
                self._report(f"has not finished in time and is left behind ({len(self._waiting)} wait)")
            return done

    def attempt(self, work: Callable[[], object]) -> None:
        """Do something else here and now; what it raises is logged as of any work."""
        try:
            work()
        except Exception as error:
            self._note(error)

    def _begin_empty(self) -> None:
        # Re-entrant: a signal handler or a finalizer may swap, and so come here, on the thread that is here already.
        self._changed = Condition(RLock())
        self._waiting: dict[Hashable, deque[Any]] = {}
        self._thread: Thread | None = None
        self._began: float | None = None
        self._hurries = 0
        self._reported = False

    def _start(self) -> None:
        thread = Thread(target=self._run, name=f"synapse-rx-{self._name}", daemon=True)
        try:
            thread.start()
            self._thread = thread
        except RuntimeError:  # the interpreter is going away
            self._waiting.clear()

    def _run(self) -> None:
        while (next_one := self._take()) is not None:
            spent = -thread_time()
            try:
                self._work(*next_one)
            except (Exception, SystemExit) as error:
                self._note(error)
            del next_one  # what is done with is not kept while waiting for more
            spent += thread_time()
            with self._changed:
                self._began = None
                self._changed.notify_all()
                rest = max(self._rest, spent / self._share - spent)
                if rest:
                    self._changed.wait_for(lambda: self._hurries, rest)

    def _take(self) -> tuple[Hashable, Any] | None:
        """Return the next key and item; None when there has been nothing to do for a while."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._waiting, IDLE_SECONDS):
                self._thread = None
                return None
            key, items = next(iter(self._waiting.items()))
            del self._waiting[key]
            item = items.popleft()
            if items:
                self._waiting[key] = items  # others take their turn first
            self._began = monotonic()
            return key, item

    def _is_idle(self) -> bool:
        return not self._waiting and self._began is None

    def _note(self, error: BaseException) -> None:
        self.failures += 1
        self.error = error
        self._report("failed; training goes on, and it is tried again with the next news", error)

    def _notice_slowness(self) -> None:
        if self._began is not None and monotonic() - self._began > SLOW_SECONDS:
            self._report(f"has been at work for {SLOW_SECONDS:g} s; training goes on without it")

    def _report(self, what: str, error: BaseException | None = None) -> None:
        if not self._reported:
            self._reported = True
            log.error("%s %s", self._name, what, exc_info=error)


def _at_exit() -> None:
    """Give what is being written a moment: a script that forgets to close its logs finds them complete."""
    end = monotonic() + END_SECONDS
    for worker in list(WORKERS):
        worker.finish(max(0.0, end - monotonic()))


def _in_forked_child() -> None:
    """Begin anew: a forked child has none of the threads, and locks that nobody will release."""
    for worker in list(WORKERS):
        worker._begin_empty()  # pyright: ignore[reportPrivateUsage]


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_forked_child)
