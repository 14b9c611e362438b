"""Which members train, which wait for their turn, and how those ended that are through. No event loop in here."""

from __future__ import annotations

from asyncio import CancelledError
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from threading import RLock

from ..errors import PopulationError
from ..snapshot import Net
from .fleet import MemberRun

Outcome = Mapping[str, Net]
"""The last snapshots, by name, in the order in which the trainings ended."""


class Trainings:
    """
    Trains members, at most so many at once, and is over when none is left. Any thread may ask it anything.

    A member that fails takes no other with it.

    Args:
        begin: Begins the training of a member.
        names: Who is to be trained, in this order.
        at_once: How many at once; None for all.

    Attributes:
        outcome: Done when all are over.
    """

    def __init__(
        self, begin: Callable[[str], MemberRun], names: Iterable[str], at_once: int | None = None
    ) -> None:
        self.outcome: Future[Outcome] = Future()
        self._begin = begin
        self._at_once = at_once
        self._lock = RLock()
        self._waiting = deque(names)
        self._beginning: set[str] = set()
        self._live: dict[str, MemberRun] = {}
        self._snapshots: dict[str, Net] = {}
        self._failures: dict[str, Exception] = {}
        self._removed: set[str] = set()
        self._stopping = self._cancelled = self._over = False
        self._asked = 0  # how often `go` was asked for what is not done yet

    @property
    def waiting(self) -> tuple[str, ...]:
        """Who waits for a turn."""
        return tuple(self._waiting)

    @property
    def live(self) -> Mapping[str, MemberRun]:
        """Who is being trained."""
        with self._lock:
            return dict(self._live)

    @property
    def failures(self) -> Mapping[str, Exception]:
        """What ended the trainings that failed."""
        with self._lock:
            return dict(self._failures)

    @property
    def ended(self) -> int:
        """How many are over."""
        return len(self._snapshots) + len(self._failures)

    def go(self, *, first: bool = False) -> None:
        """
        Begin as many as may be trained now.

        Args:
            first: Whether this is the very beginning: what cannot begin is raised then, and the rest is cancelled.
        """
        with self._lock:
            self._asked += 1
            if self._asked > 1:  # whoever is at it already begins these as well
                return
        try:
            while self._asked:
                asked = self._asked
                while (name := self._next()) is not None:
                    self._begin_one(name, first)
                with self._lock:
                    self._asked -= asked
        except BaseException:
            self._asked = 0
            raise
        self._settle()

    def add(self, name: str) -> bool:
        """Train one more; False if it is too late for that."""
        with self._lock:
            if self._over or self._stopping or self._cancelled:
                return False
            self._removed.discard(name)
            self._waiting.append(name)
        self.go()
        return True

    def remove(self, name: str) -> None:
        """Train one no more, and leave it out of the outcome."""
        with self._lock:
            self._removed.add(name)
            self._snapshots.pop(name, None)
            if name in self._waiting:
                self._waiting.remove(name)
            run = self._live.get(name)
        if run is not None:
            run.stop()
        self._settle()

    def stop(self) -> bool:
        """Have all end gracefully, and those that wait not begin; return whether there was anything to end."""
        with self._lock:
            if self._over:
                return False
            self._stopping = True
            self._waiting.clear()
            runs = list(self._live.values())
        for run in runs:
            run.stop()
        self._settle()
        return True

    def cancel(self) -> bool:
        """Have all end and publish nothing more; return whether it will come to that."""
        with self._lock:
            if self._over:
                return False
            self._cancelled = True
            self._waiting.clear()
            runs = list(self._live.values())
        for run in runs:
            run.cancel()
        self._settle()
        return True

    def _next(self) -> str | None:
        with self._lock:
            busy = len(self._live) + len(self._beginning)
            if not self._waiting or (self._at_once is not None and busy >= self._at_once):
                return None
            name = self._waiting.popleft()
            self._beginning.add(name)
            return name

    def _begin_one(self, name: str, first: bool) -> None:
        try:
            run = self._begin(name)
        except Exception as error:
            self._note(name, error)
            if first:
                self.cancel()
                raise
            return
        with self._lock:
            self._beginning.discard(name)
            self._live[name] = run
            stopping, cancelled = self._stopping or name in self._removed, self._cancelled
        if cancelled:
            run.cancel()
        elif stopping:
            run.stop()
        run.when_over(lambda run: self._ended(name, run))

    def _ended(self, name: str, run: MemberRun) -> None:
        with self._lock:
            if (
                self._live.get(name) is not run
            ):  # it was removed, and there is another one of that name by now
                return
        try:
            self._note(name, run.result())
        except CancelledError:  # by itself: its cell keeps what was published, which is no result
            self._note(name, None)
        except Exception as error:
            self._note(name, error)
        except BaseException as error:
            failure = RuntimeError(f"ended by {type(error).__name__}")
            failure.__cause__ = error
            self._note(name, failure)
        self.go()

    def _note(self, name: str, end: Net | Exception | None) -> None:
        with self._lock:
            self._beginning.discard(name)
            self._live.pop(name, None)
            if name in self._removed:
                return
            if isinstance(end, Exception):
                end.add_note(f"in the training of {name!r}")
                self._failures[name] = end
            elif end is not None:
                self._snapshots[name] = end

    def _settle(self) -> None:
        """Be over if nothing is left."""
        with self._lock:
            if self._over or self._waiting or self._beginning or self._live:
                return
            self._over = True
        if self._cancelled:
            self.outcome.set_exception(CancelledError("the training of a population was cancelled"))
        elif self._failures:
            self.outcome.set_exception(_summary(self._failures))
        else:
            self.outcome.set_result(self._snapshots)


def _summary(failures: Mapping[str, Exception]) -> PopulationError:
    names = ", ".join(map(repr, list(failures)[:5])) + (", ..." if len(failures) > 5 else "")
    return PopulationError(f"{len(failures)} of a population failed: {names}", list(failures.values()))
