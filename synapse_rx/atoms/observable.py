"""The Rx edge: observers as listeners of a cell, on the swapping thread or on an asyncio loop."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from typing import Any, TypeVar

import reactivex.abc as rx
from reactivex import Observable

from ..errors import OptionError
from .cell import Cell, refuse_coroutine_function
from .delivery import Delivery, Entry
from .handover import Handover, Overflow, running_loop
from .report import log_failures

T = TypeVar("T")


class Sink(rx.DisposableBase):
    """One Rx subscription: the listener, and what disposes of it."""

    __slots__ = ("_delivery", "_observer")

    def __init__(self, observer: rx.ObserverBase[Any], delivery: Delivery) -> None:
        self._observer: rx.ObserverBase[Any] | None = observer
        self._delivery = delivery

    def entry(self) -> Entry:
        """How the delivery calls it: the current value first, then every version."""
        return Entry(self, self._tell, first=self._tell, alive=self._is_open)

    def dispose(self) -> None:
        """Hear nothing more, not even what is queued, and let go of the observer."""
        if self._observer is not None:
            self._observer = None
            self._delivery.prune()

    def _is_open(self) -> bool:
        return self._observer is not None

    def _tell(self, key: Any, cell: Any, old: Any, new: Any) -> None:
        observer = self._observer
        if observer is not None:
            try:
                observer.on_next(new)
            except Exception as error:
                error.add_note("the observer was detached, others go on")
                self.dispose()
                raise

    def __repr__(self) -> str:
        return "<Rx observer>"


class LoopObservable(Observable[T]):
    """Calls its observers on an asyncio loop; see ``Cell.observable``."""

    def __init__(
        self, cell: Cell[T], loop: AbstractEventLoop | None, buffer: int, overflow: Overflow
    ) -> None:
        super().__init__()
        Handover(buffer, overflow)
        self._cell = cell
        self._loop = loop
        self._buffer = buffer
        self._overflow: Overflow = overflow

    def subscribe(
        self,
        on_next: rx.ObserverBase[T] | rx.OnNext[T] | None = None,
        on_error: rx.OnError | None = None,
        on_completed: rx.OnCompleted | None = None,
        *,
        scheduler: rx.SchedulerBase | None = None,
    ) -> rx.DisposableBase:
        """Have an Rx observer called on the loop; one that raises is detached and logged."""
        refuse_coroutine_function(getattr(on_next, "on_next", on_next), "observer")
        return super().subscribe(on_next, on_error, on_completed, scheduler=scheduler)

    def _subscribe_core(
        self, observer: rx.ObserverBase[T], scheduler: rx.SchedulerBase | None = None
    ) -> rx.DisposableBase:
        loop = self._loop or running_loop()
        if loop is None:
            raise OptionError("observable() found no running loop where it was subscribed to; give it loop=")
        sink = LoopSink(self._cell, observer, loop, Handover(self._buffer, self._overflow, loop))
        sink.start()
        return sink


class LoopSink(rx.DisposableBase):
    """One subscription whose observer lives on a loop."""

    __slots__ = ("_cell", "_handover", "_loop", "_observer")

    def __init__(
        self, cell: Cell[Any], observer: rx.ObserverBase[Any], loop: AbstractEventLoop, handover: Handover
    ) -> None:
        self._cell = cell
        self._observer = observer
        self._loop = loop
        self._handover = handover

    def start(self) -> None:
        """Begin with the current value."""
        handover = self._handover
        handover.take(self._wake)
        entry = Entry(self, self._tell, first=self._tell, gate=handover.gate, alive=handover.is_open)
        self._cell._start(self, entry)  # pyright: ignore[reportPrivateUsage]

    def dispose(self) -> None:
        """Hear nothing more, not even what waits."""
        if not self._handover.closed:
            self._handover.close()
            self._cell._delivery.prune()  # pyright: ignore[reportPrivateUsage]

    def _tell(self, key: Any, cell: Any, old: Any, new: Any) -> None:
        self._handover.put(new)

    def _wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._flush)
        except RuntimeError:  # The loop is closed, and with it the observer's life.
            self.dispose()

    def _flush(self) -> None:
        """Give the observer one value, on the loop; the next one waits for the loop's next turn."""
        self._handover.read_on(self._loop)
        taken = self._handover.take(self._wake)
        if taken and not self._handover.closed:
            try:
                self._observer.on_next(taken[0])
            except Exception as error:
                error.add_note("the observer was detached, others go on")
                self.dispose()
                log_failures(self._cell, [(self, error)])
            self._wake()

    def __repr__(self) -> str:
        return "<Rx observer on a loop>"
