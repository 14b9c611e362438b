"""The async iterator over the versions of a cell."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Generic, Self, TypeVar

from .cell import Cell
from .delivery import Entry
from .handover import Handover, Overflow
from .waking import wake

T = TypeVar("T")


class Stream(Generic[T]):
    """
    An async iterator that begins with the current value and goes on with the versions committed after it was
    made.

    Made by ``stream()`` of a cell, not by hand. It is read by one task at a time, on whatever loop that runs,
    and ends only by `aclose`, by leaving its ``async with`` block, or by being dropped, as when a ``break``
    leaves the loop over it. With "block" a thread that swaps waits while more than ``buffer`` versions wait
    for the reader. The thread that reads (before that: that made the stream) never waits, so that it cannot
    lock itself up; nor does anybody once the stream or the reader's loop is closed.
    """

    __slots__ = ("__weakref__", "_cell", "_handover", "_waiter")

    def __init__(self, cell: Cell[T], buffer: int, overflow: Overflow) -> None:
        self._handover = handover = Handover(buffer, overflow)
        self._waiter: asyncio.Future[None] | None = None
        self._cell = cell

        def tell(key: Any, cell: Any, old: Any, new: Any) -> None:
            handover.put(new)

        entry = Entry(handover, tell, first=tell, gate=handover.gate, alive=handover.is_open)
        cell._start(handover, entry)  # pyright: ignore[reportPrivateUsage]

    @property
    def dropped(self) -> int:
        """How many versions gave way to newer ones before they were read."""
        return self._handover.dropped

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._handover.closed

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """Give the next version; lets the loop run once even if one is there already."""
        loop = asyncio.get_running_loop()
        handover = self._handover
        if self._waiter is not None:
            raise RuntimeError("this stream is being read by another task; give each reader its own stream()")
        handover.read_on(loop)
        self._waiter = waiter = loop.create_future()
        try:
            await asyncio.sleep(0)
            while True:
                if handover.closed:
                    raise StopAsyncIteration
                if taken := handover.take(partial(wake, loop, waiter)):
                    return taken[0]
                if handover.closed:
                    raise StopAsyncIteration
                await waiter
                self._waiter = waiter = loop.create_future()
        finally:
            self._waiter = None

    def close(self) -> None:
        """End the stream, from any thread: a reader that waits is woken, a writer that waits goes on."""
        self._handover.close()
        self._cell._delivery.detach((self._handover, None))  # pyright: ignore[reportPrivateUsage]

    async def aclose(self) -> None:
        """End the stream."""
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_cell"):
            self.close()

    def __repr__(self) -> str:
        return f"<Stream of {self._cell.label}{', closed' if self.closed else ''}, {self.dropped} dropped>"
