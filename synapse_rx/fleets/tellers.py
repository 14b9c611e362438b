"""The threads that put what was heard into cells, and so run watches: one at a time for each network."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from time import monotonic
from typing import Protocol

log = logging.getLogger("synapse_rx")

MOST = 8
"""Threads at most: so many networks may have watches that hang before others are held up."""
PATIENCE = 0.05
"""Seconds that whoever has something to tell waits for those that are at it."""
IDLE_SECONDS = 5.0
"""How long a thread without work stays."""


class Telling(Protocol):
    """What has something to tell."""

    @property
    def tell(self) -> Callable[[], None]: ...


class Tellers:
    """Calls ``tell`` of whatever is put here, soon, and never two at a time of one."""

    def __init__(self) -> None:
        self._change = Condition()
        self._jobs: deque[Telling] = deque()
        self._known: dict[Telling, bool] = {}  # whether it is at it and was put again since
        self._threads = 0
        self._idle = 0
        self._taken = 0.0  # when a job was taken last

    def put(self, *jobs: Telling) -> None:
        """
        Have ``jobs`` tell, each once for any number of times it is put before its turn.

        To be called now and then without any: if those who tell do not come to what waits, another one is made.
        """
        with self._change:
            for job in jobs:
                if job in self._known:
                    self._known[job] = True
                else:
                    self._known[job] = False
                    self._jobs.append(job)
            if self._idle and self._jobs:
                self._change.notify()
        self._help()

    def _help(self) -> None:
        with self._change:
            late = monotonic() - self._taken > PATIENCE
            if not self._jobs or self._idle or (self._threads and not late) or self._threads >= MOST:
                return
            self._threads += 1
            self._taken = monotonic()
        Thread(target=self._work, name="synapse-rx-fleet-tell", daemon=True).start()

    def _work(self) -> None:
        while (job := self._take()) is not None:
            try:
                job.tell()
            except BaseException:  # a run that cannot even fail; others have to be told of theirs
                log.exception("what was heard of a training could not be told")
            finally:
                with self._change:
                    if self._known.pop(job):
                        self._known[job] = False
                        self._jobs.append(job)
            del job

    def _take(self) -> Telling | None:
        with self._change:
            self._idle += 1
            found = self._change.wait_for(lambda: bool(self._jobs), IDLE_SECONDS)
            self._idle -= 1
            if not found:
                self._threads -= 1
                return None
            job = self._jobs.popleft()
            self._taken = monotonic()
            self._known[job] = False  # what is put from now on comes after what it tells now
            return job
