"""The threads that compute: as many as needed, at most as many computing as there are cores."""

from __future__ import annotations

import os
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from ..errors import OptionError
from .next import Next
from .slots import Slots
from .trainer import Trainer

IDLE_SECONDS = 5.0
"""How long a thread without work stays."""

MOST_THREADS = 64
"""A bound on threads, most of which tell watches or wait; trainings beyond it take turns all the same."""


class Workers:
    """
    Advances trainers chunk by chunk, in turns.

    Threads are daemons, made when work waits and gone when idle. ``slots`` bounds how many compute at once; a thread
    that tells watches holds no slot, so a slow watch delays its own training only.
    """

    def __init__(self, slots: int) -> None:
        self.slots = Slots(slots)
        self._jobs: SimpleQueue[Trainer] = SimpleQueue()
        self._lock = Lock()
        self._threads = 0
        self._idle = 0  # threads that are about to take a job, those just being made included

    def submit(self, trainer: Trainer) -> None:
        """
        Advance ``trainer`` till it is done.

        Raises:
            RuntimeError: If there is no thread and none can be made.
        """
        self._jobs.put(trainer)
        self._make_thread()

    def _work(self) -> None:
        while (trainer := self._take()) is not None:
            after = trainer.advance()
            while after is Next.MORE and self._jobs.empty():
                after = trainer.advance()
            with self._lock:
                self._idle += 1
            if after is Next.MORE:
                self._jobs.put(trainer)
            elif after is Next.PAUSED:
                trainer.when_awake(lambda trainer=trainer: self.submit(trainer))
            del trainer

    def _take(self) -> Trainer | None:
        try:
            trainer = self._jobs.get(timeout=IDLE_SECONDS)
        except Empty:
            return self._last_look()
        with self._lock:
            self._idle -= 1
        # A watch may keep this thread long, so whoever still waits needs another.
        self._make_thread()
        return trainer

    def _last_look(self) -> Trainer | None:
        # Under the lock: a job submitted meanwhile counts on this thread, or will find that it is gone.
        with self._lock:
            self._idle -= 1
            try:
                return self._jobs.get_nowait()
            except Empty:
                self._threads -= 1
                return None

    def _make_thread(self) -> None:
        with self._lock:
            if self._idle >= self._jobs.qsize() or self._threads >= MOST_THREADS:
                return
            self._idle += 1
            self._threads += 1
        try:
            Thread(target=self._work, name="synapse-rx-train", daemon=True).start()
        except RuntimeError:  # no more threads to be had; those there are will do it
            with self._lock:
                self._idle -= 1
                self._threads -= 1
                if not self._threads:
                    raise


def cores() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def configured_slots() -> int:
    """Return ``SYNAPSE_RX_WORKERS``, by default the number of cores."""
    asked = os.environ.get("SYNAPSE_RX_WORKERS")
    if asked is None:
        return cores()
    if not asked.isdigit() or int(asked) < 1:
        raise OptionError(f"SYNAPSE_RX_WORKERS must be a whole number >= 1, not {asked!r}")
    return int(asked)


WORKERS = Workers(configured_slots())
"""The process's workers."""
