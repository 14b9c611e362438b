"""Any observable as an async iterator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import reactivex.abc as rx
from reactivex import Observable

from .handover import Overflow
from .one_reader import OneReader
from .relay import Relay

T = TypeVar("T")


def to_async(
    observable: Observable[T],
    *,
    buffer: int = 64,
    overflow: Overflow = "drop_oldest",
    scheduler: rx.SchedulerBase | None = None,
) -> ObservableStream[T]:
    """
    Return an async iterator over what an observable emits from now on: ``async for loss in to_async(net.pipe(...))``.

    It ends when the observable completes and raises its error when it fails, either behind the values that came before.
    The observable is subscribed to here and now, emits on whatever thread it likes, and is let go with ``aclose()``, at
    the end of an ``async with``, or when the iterator is dropped.

    Args:
        observable: Any observable of reactivex; a cell is better iterated by its own ``stream()``.
        buffer: How many values wait for a reader that is busy.
        overflow: What happens when one more comes. "drop_oldest": the oldest is dropped. "latest": it replaces all that
            wait. "block": the thread that emits waits until there is room; one that is to read itself cannot wait, and
            ends the iteration with an error that says so.
        scheduler: Where an observable that leaves it open emits, such as ``NewThreadScheduler()``.

    Raises:
        OptionError: If ``buffer`` is no positive integer or ``overflow`` is unknown.
    """
    relay: Relay[T] = Relay(buffer, overflow)
    stream = ObservableStream(relay)
    relay.listen(observable, scheduler)
    return stream


class ObservableStream(OneReader[T]):
    """An async iterator over an observable, made by `to_async`; read by one task at a time, on whatever loop."""

    __slots__ = ("__weakref__", "_relay")

    def __init__(self, relay: Relay[T]) -> None:
        self._relay = relay
        super().__init__()

    @property
    def dropped(self) -> int:
        """How many values gave way to newer ones before they were read."""
        return self._relay.handover.dropped

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._relay.handover.closed

    def _take(self, wake_reader: Callable[[], None]) -> list[T]:
        if taken := self._relay.take(wake_reader):
            return taken
        if (end := self._relay.finish()) is not None:
            self.close()
            if end[0] is not None:
                raise end[0]
        return []

    def _read_on(self, loop: asyncio.AbstractEventLoop) -> None:
        self._relay.handover.read_on(loop)

    def close(self) -> None:
        """End it, from any thread: a reader that waits is woken, an emitter that waits goes on."""
        self._relay.close()

    def __repr__(self) -> str:
        return f"<ObservableStream{', closed' if self.closed else ''}, {self.dropped} dropped>"
