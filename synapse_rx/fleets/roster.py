"""Which worker has which runs. Decisions only: no thread, no clock, nothing is sent."""

from __future__ import annotations

from typing import Generic, TypeVar

W = TypeVar("W")
R = TypeVar("R")


class Roster(Generic[W, R]):
    """
    Workers that come and go, and runs that are to be somewhere.

    Each run goes to the worker with the fewest; runs wait if there is none. Whoever asks holds a lock.
    """

    def __init__(self) -> None:
        self._held: dict[W, list[R]] = {}
        self._waiting: list[R] = []

    @property
    def workers(self) -> tuple[W, ...]:
        """Those that take runs, in the order in which they came."""
        return tuple(self._held)

    @property
    def waiting(self) -> tuple[R, ...]:
        """The runs that are nowhere."""
        return tuple(self._waiting)

    def runs(self, worker: W) -> tuple[R, ...]:
        """Return what a worker has."""
        return tuple(self._held.get(worker, ()))

    def place(self, run: R) -> W | None:
        """Give a run to a worker, wherever it was before; return which, or None if it has to wait."""
        self.forget(run)
        if not self._held:
            self._waiting.append(run)
            return None
        worker = min(self._held, key=lambda worker: len(self._held[worker]))
        self._held[worker].append(run)
        return worker

    def forget(self, run: R) -> None:
        """Have a run nowhere: it is over, or about to be placed anew."""
        for runs in (self._waiting, *self._held.values()):
            if run in runs:
                runs.remove(run)

    def join(self, worker: W) -> tuple[list[R], list[R]]:
        """
        Take in a worker.

        Returns:
            Runs that waited and are to be placed now; and runs that others are to give back, to be placed anew, so that
            all have about as many.
        """
        self._held[worker] = []
        waiting, self._waiting = self._waiting, []
        if waiting:
            return waiting, []
        share = sum(map(len, self._held.values())) // len(self._held)
        back: list[R] = []
        while len(back) < share:
            fullest = max(self._held.values(), key=len)
            back.append(fullest.pop())
        return [], back

    def leave(self, worker: W) -> list[R]:
        """Let a worker go; return the runs that it had, which are to be placed anew."""
        return self._held.pop(worker, [])
