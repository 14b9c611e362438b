"""What tells listeners of many networks in one stream."""

from __future__ import annotations

from collections.abc import Mapping
from threading import RLock
from typing import NoReturn

import reactivex.abc as rx
from reactivex import Observable

from ..atoms import Atom
from ..atoms.cell import refuse_coroutine_function
from ..snapshot import Net
from ..subscribers import News
from .ear import Ear
from .members import check_member
from .observing import Observing
from .stream import NewsStream


class NewsSource(Observable[News]):
    """
    An observable and an async iterable of the news of networks that come and go.

    Each listener has an `Ear` of its own, so none waits for another. It is listened to the cells only while somebody
    listens here.

    Args:
        members: The first networks, by name.
    """

    def __init__(self, members: Mapping[str, Atom[Net]]) -> None:
        super().__init__()
        self._lock = RLock()
        self._cells: Mapping[str, Atom[Net]] = dict(members)  # never changed in place
        self._ears: dict[Ear, Observing | None] = {}

    def stream(self, since: Mapping[str, Net] | None = None) -> NewsStream:
        """
        Return an async iterator over the news: where each member stands first, then what is new.

        Args:
            since: Snapshots by name; what is new since then is news already. By default that is nothing.
        """
        return NewsStream(self._listen(since))

    def __aiter__(self) -> NewsStream:
        return self.stream()

    def subscribe(
        self,
        on_next: rx.ObserverBase[News] | rx.OnNext[News] | None = None,
        on_error: rx.OnError | None = None,
        on_completed: rx.OnCompleted | None = None,
        *,
        scheduler: rx.SchedulerBase | None = None,
    ) -> rx.DisposableBase:
        """
        Tell an Rx observer where each member stands, then what is new, never two at a time.

        An observer whose ``on_next`` raises is detached; the error is reported as that of a watch is.

        Raises:
            TypeError: If ``on_next`` is an ``async def``.
        """
        refuse_coroutine_function(getattr(on_next, "on_next", on_next), "observer")
        return super().subscribe(on_next, on_error, on_completed, scheduler=scheduler)

    def _subscribe_core(
        self, observer: rx.ObserverBase[News], scheduler: rx.SchedulerBase | None = None
    ) -> rx.DisposableBase:
        ear = self._listen()
        observing = Observing(ear, observer)
        with self._lock:
            if ear in self._ears:
                self._ears[ear] = observing
        observing.pass_on()
        return observing

    def close(self) -> None:
        """End all streams and subscriptions; trainings go on, and it may be listened to anew."""
        for ear, observing in list(self._ears.items()):
            if observing is None:
                ear.close()
            else:
                observing.complete()

    def __await__(self) -> NoReturn:
        raise TypeError(
            "a population never completes: await what its train() returns, or iterate its stream()"
        )

    def run(self, scheduler: rx.SchedulerBase | None = None) -> NoReturn:
        """Refuse: it would wait for the last of endlessly many news."""
        raise TypeError("a population never completes: bound it, as by ops.take(1)")

    def _come(self, name: str, cell: Atom[Net]) -> None:
        """Have one more network listened to; an OptionError if that cannot be."""
        with self._lock:
            check_member(self._cells, name, cell)
            self._cells = {**self._cells, name: cell}
            ears = list(self._ears)
        for ear in ears:  # no code of users runs under the lock
            ear.follow({name: cell})

    def _go(self, name: str) -> None:
        """Have a network listened to no more."""
        with self._lock:
            self._cells = {each: cell for each, cell in self._cells.items() if each != name}
            ears = list(self._ears)
        for ear in ears:
            ear.leave(name)

    def _listen(self, since: Mapping[str, Net] | None = None) -> Ear:
        ear = Ear(self._forget, since)
        with self._lock:
            self._ears[ear] = None
            cells = self._cells
        try:
            ear.follow(cells)
        except BaseException:
            ear.close()
            raise
        for name in cells.keys() - self._cells.keys():  # gone meanwhile
            ear.leave(name)
        return ear

    def _forget(self, ear: Ear) -> None:
        with self._lock:
            self._ears.pop(ear, None)
