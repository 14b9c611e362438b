"""The learner of process 0: whatever it is asked, the others do as well."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from typing import Any

from ..errors import CollectiveError, Diverged
from ..learner import Edit, Learner, Progress
from ..snapshot import Net
from ..snapshot.training import STATUSES
from .letters import written
from .orders import Kind, Orders

FOREVER = 1e9
"""Seconds: batches are counted, since clocks would let every process learn another number."""

GROWTH = 4
"""How many times as many batches there may be in a chunk as in the one before."""


class Leader:
    """
    Orders what it does itself (`Learner`).

    An edit, a pause, the end: all of them come between two chunks of work, so that it is at the same step that every
    process takes note of them.

    Args:
        learner: Its own.
        net: The snapshot that it began with.
        mark: What tells data and options from others.
        orders: The way to the others.
        ending: Tells how the training ended, once it did: the status, and what went wrong.
        obey: Called with what others were asked: whether it was to cancel, or just to stop.
        abort: Called when it can give no more orders.
    """

    def __init__(
        self,
        learner: Learner,
        net: Net,
        mark: int,
        orders: Orders,
        *,
        ending: Callable[[], tuple[str, BaseException | None]],
        obey: Callable[[bool], object],
        abort: Callable[[], object],
    ) -> None:
        self._learner = learner
        self._net = net
        self._mark = mark
        self._orders = orders
        self._ending, self._obey, self._abort = ending, obey, abort
        self._begun = self._broken = False
        self._pace = 0.0  # seconds a batch takes; 0 before the first
        self._most = 1

    @property
    def batch(self) -> int:
        """Batches learnt in the present epoch."""
        return self._learner.batch

    def learn(self, seconds: float, batches: int | None = None) -> Progress:
        """Learn as many batches as fit into so many seconds, with all others (`Learner`)."""
        self._begin()
        fitting = int(seconds / self._pace) if self._pace else 1
        count = max(1, min(fitting, self._most, batches or fitting))
        self._order(Kind.LEARN, count)
        start = perf_counter()
        progress = self._in_step(lambda: self._learner.learn(FOREVER, count))
        if progress.batches and not progress.epoch_done:  # measuring errors takes its own time
            self._pace = (perf_counter() - start) / progress.batches
            self._most = GROWTH * progress.batches
        return progress

    def adopt(self, seen: Any, net: Any) -> tuple[Edit, ...]:
        """Take over what was edited, and let the others do so (`Learner`)."""
        edits = self._learner.adopt(seen, net)
        self._net = net
        if self._begun and edits:
            self._order(Kind.EDIT, letter=written(net, seen))
        elif seen.training.status != net.training.status:
            self._begin()  # paused before the first step, say
            self._order(Kind.STATUS, STATUSES.index(net.training.status))
        return edits

    def merge(self, net: Any) -> Any:
        """Put what was learnt into a snapshot, as the others do (`Learner`)."""
        if self._begun:
            self._order(Kind.PUBLISH)
        return self._in_step(lambda: self._learner.merge(net))

    def close(self) -> None:
        """Let go of everything, and let the others end as this process does (`Learner`)."""
        self._learner.close()
        if not self._broken:
            status, error = self._ending()
            with suppress(CollectiveError):
                self._order(Kind.END, STATUSES.index(status), str(error or "").encode()[:1000])

    def _begin(self) -> None:
        if not self._begun:
            self._order(Kind.BEGIN, self._mark, written(self._net))
            self._begun = True

    def _order(self, kind: Kind, number: int = 0, letter: bytes = b"") -> None:
        asked = self._in_step(lambda: self._orders.give(kind, number, letter))
        if kind is not Kind.END and (asked.stop or asked.cancel):
            self._obey(asked.cancel)

    def _in_step(self, work: Callable[[], Any]) -> Any:
        """Do what all do; behind an error that they do not get as well they are not where this one is."""
        try:
            return work()
        except Diverged:
            raise
        except BaseException:
            self._broken = True
            self._abort()
            raise
