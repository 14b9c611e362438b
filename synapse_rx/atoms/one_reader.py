"""What the async iterators have in common that one task reads at a time."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Generic, Self, TypeVar

from .waking import wake

T = TypeVar("T")


class OneReader(ABC, Generic[T]):
    """
    An async iterator that one task reads at a time, on whatever loop it runs, and that any thread may end.

    A subclass says what there is to take and when it has ended; it calls this initializer last, once all that
    `close` needs is there, for what is dropped half made has nothing to close.
    """

    __slots__ = ("_waiter",)

    def __init__(self) -> None:
        self._waiter: asyncio.Future[None] | None = None

    @property
    @abstractmethod
    def closed(self) -> bool:
        """Whether it has ended."""

    @abstractmethod
    def close(self) -> None:
        """End it, from any thread: a reader that waits is woken."""

    @abstractmethod
    def _take(self, wake_reader: Callable[[], None]) -> list[T]:
        """
        Return a list of what comes next; an empty one where there is nothing yet, ``wake_reader`` being called once
        there is. May close the iterator, and raise.
        """

    def _read_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take notice of the loop on which it is read."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """Give what comes next; lets the loop run once even if it is there already."""
        loop = asyncio.get_running_loop()
        if self._waiter is not None:
            raise RuntimeError("this stream is being read by another task; give each reader its own")
        self._read_on(loop)
        self._waiter = waiter = loop.create_future()
        try:
            await asyncio.sleep(0)
            while not self.closed:
                if taken := self._take(partial(wake, loop, waiter)):
                    return taken[0]
                if self.closed:
                    break
                await waiter
                self._waiter = waiter = loop.create_future()
            raise StopAsyncIteration
        finally:
            self._waiter = None

    async def aclose(self) -> None:
        """End it."""
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_waiter"):
            self.close()
