"""Any observable as an async iterator."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Generic, Self, TypeVar

import reactivex.abc as rx
from reactivex import Observable

from .handover import Overflow
from .relay import Relay
from .waking import wake

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


class ObservableStream(Generic[T]):
    """An async iterator over an observable, made by `to_async`; read by one task at a time, on whatever loop."""

    __slots__ = ("__weakref__", "_relay", "_waiter")

    def __init__(self, relay: Relay[T]) -> None:
        self._relay = relay
        self._waiter: asyncio.Future[None] | None = None

    @property
    def dropped(self) -> int:
        """How many values gave way to newer ones before they were read."""
        return self._relay.handover.dropped

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._relay.handover.closed

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """Give the next value; lets the loop run once even if one is there already."""
        if self._waiter is not None:
            raise RuntimeError("this iterator is being read by another task; give each reader its own")
        loop, relay = asyncio.get_running_loop(), self._relay
        relay.handover.read_on(loop)
        self._waiter = waiter = loop.create_future()
        try:
            await asyncio.sleep(0)
            while not self.closed:
                if taken := relay.take(partial(wake, loop, waiter)):
                    return taken[0]
                if (end := relay.finish()) is not None:
                    self.close()
                    if end[0] is not None:
                        raise end[0]
                    break
                await waiter
                self._waiter = waiter = loop.create_future()
            raise StopAsyncIteration
        finally:
            self._waiter = None

    def close(self) -> None:
        """End it, from any thread: a reader that waits is woken, an emitter that waits goes on."""
        self._relay.close()

    async def aclose(self) -> None:
        """End it."""
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ObservableStream{', closed' if self.closed else ''}, {self.dropped} dropped>"
