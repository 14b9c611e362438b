"""The threads that compute: as many as needed, at most as many computing as there are cores."""

from __future__ import annotations

import os
from collections import deque
from contextlib import suppress
from threading import Condition, Thread
from time import perf_counter

from ..errors import OptionError
from .next import Next
from .slots import Slots
from .trainer import Trainer

IDLE_SECONDS = 5.0
"""How long a thread without work stays."""

MOST_THREADS = 64
"""A bound on threads, most of which are held up by slow watches then; trainings beyond it take turns all the same."""

TURN = 0.01
"""Seconds of work in one turn where trainings wait for theirs: with a hundred on two cores each has two a second."""


class Workers:
    """
    Advances trainers chunk by chunk, in turns.

    Threads are daemons, made when work waits and gone when idle. ``slots`` bounds how many compute at once; a thread
    that tells watches holds no slot, so a slow watch delays its own training only. Another thread is made only if it
    would not have to wait for a slot behind others: a few do for any number of trainings.
    """

    def __init__(self, slots: int) -> None:
        self.slots = Slots(slots, self._make_thread)
        # Not a queue.SimpleQueue: one whose time is over just as another takes the item waits for ever (CPython 3.11).
        self._jobs: deque[Trainer] = deque()
        self._change = Condition()
        self._threads = 0
        self._idle = 0  # threads that are about to take a job, those just being made included

    def submit(self, trainer: Trainer) -> None:
        """
        Advance ``trainer`` till it is done.

        Raises:
            RuntimeError: If there is no thread and none can be made.
        """
        self._put(trainer)
        self._make_thread()

    def limit(self, slots: int) -> None:
        """Let so many compute at once, of the trainings that begin from now on."""
        self.slots = Slots(slots, self._make_thread)

    def hurry(self, trainer: Trainer) -> None:
        """Let a trainer that waits for its turn have the next one: it was asked for something that takes no time."""
        with self._change:
            with suppress(ValueError):  # it does not wait
                self._jobs.remove(trainer)
                self._jobs.appendleft(trainer)

    def _work(self) -> None:
        while (trainer := self._take()) is not None:
            end = perf_counter() + TURN
            after = trainer.advance(TURN if self._jobs else None)
            while after is Next.MORE and (not self._jobs or perf_counter() < end):
                after = trainer.advance(TURN if self._jobs else None)
            with self._change:
                self._idle += 1
            if after is Next.MORE:
                self._put(trainer)
            elif after is Next.PAUSED:
                trainer.when_awake(lambda trainer=trainer: self._resume(trainer))
            del trainer

    def _resume(self, trainer: Trainer) -> None:
        try:
            self.submit(trainer)
        except RuntimeError as error:  # whoever woke it is not to be blamed that there is no thread for it
            trainer.fail(error)

    def _put(self, trainer: Trainer) -> None:
        with self._change:
            self._jobs.append(trainer)
            self._change.notify()

    def _take(self) -> Trainer | None:
        with self._change:
            found = self._change.wait_for(lambda: bool(self._jobs), IDLE_SECONDS)
            self._idle -= 1
            if not found:
                self._threads -= 1
                return None
            trainer = self._jobs.popleft()
        # A watch may keep this thread long, so whoever still waits needs another.
        self._make_thread()
        return trainer

    def _make_thread(self) -> None:
        if not self._jobs:
            return
        with self._change:
            if self._idle >= len(self._jobs) or self._threads >= MOST_THREADS or self.slots.crowded:
                return
            self._idle += 1
            self._threads += 1
        try:
            Thread(target=self._work, name="synapse-rx-train", daemon=True).start()
        except RuntimeError:  # no more threads to be had; those there are will do it
            with self._change:
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
