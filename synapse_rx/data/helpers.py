"""A few threads that prepare data beside a training."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from threading import Condition, Thread
from typing import Any, TypeVar

T = TypeVar("T")

IDLE_SECONDS = 5.0
"""How long a thread waits for more to do before it ends."""


class Helpers:
    """
    Calls functions on daemon threads, in the order in which they are submitted.

    Unlike those of a ThreadPoolExecutor they never keep the interpreter from ending, whatever they are at, and
    none outlives its work for long, even where nobody closes them.

    Args:
        threads: The most threads; each is started when there is work for it.
    """

    def __init__(self, threads: int) -> None:
        self._most = threads
        self._threads = 0
        self._idle = 0
        self._jobs: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._change = Condition()
        self._closed = False

    def submit(self, f: Callable[..., T], *args: Any) -> Future[T]:
        """Return the future result of ``f(*args)``."""
        future: Future[T] = Future()
        with self._change:
            self._jobs.append((future, lambda: f(*args)))
            starts = self._idle < len(self._jobs) and self._threads < self._most
            self._threads += starts
            self._change.notify()
        if starts:
            Thread(target=self._work, name="synapse-rx-data", daemon=True).start()
        return future

    def close(self) -> None:
        """Cancel what has not begun; threads end with what they are at."""
        with self._change:
            self._closed = True
            jobs = list(self._jobs)
            self._jobs.clear()
            self._change.notify_all()
        for future, _ in jobs:
            future.cancel()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            future, call = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:  # for whoever asks for the result
                future.set_exception(error)
            del job, future, call

    def _next(self) -> tuple[Future[Any], Callable[[], Any]] | None:
        with self._change:
            self._idle += 1
            self._change.wait_for(lambda: self._jobs or self._closed, IDLE_SECONDS)
            self._idle -= 1
            if self._jobs:
                return self._jobs.popleft()
            self._threads -= 1
            return None
