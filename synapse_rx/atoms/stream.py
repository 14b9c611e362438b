"""The async iterator over the versions of a cell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from .cell import Cell
from .delivery import Entry
from .handover import Handover, Overflow
from .one_reader import OneReader

T = TypeVar("T")


class Stream(OneReader[T]):
    """
    An async iterator that begins with the current value and goes on with the versions committed after it was
    made.

    Made by ``stream()`` of a cell, not by hand. It is read by one task at a time, on whatever loop that runs,
    and ends only by `aclose`, by leaving its ``async with`` block, or by being dropped, as when a ``break``
    leaves the loop over it. With "block" a thread that swaps waits while more than ``buffer`` versions wait
    for the reader. The thread that reads (before that: that made the stream) never waits, so that it cannot
    lock itself up; nor does anybody once the stream or the reader's loop is closed.
    """

    __slots__ = ("__weakref__", "_cell", "_handover")

    def __init__(self, cell: Cell[T], buffer: int, overflow: Overflow) -> None:
        self._handover = handover = Handover(buffer, overflow)
        self._cell = cell
        super().__init__()

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

    def _take(self, wake_reader: Callable[[], None]) -> list[T]:
        return self._handover.take(wake_reader)

    def _read_on(self, loop: asyncio.AbstractEventLoop) -> None:
        self._handover.read_on(loop)

    def close(self) -> None:
        """End the stream, from any thread: a reader that waits is woken, a writer that waits goes on."""
        self._handover.close()
        self._cell._delivery.detach((self._handover, None))  # pyright: ignore[reportPrivateUsage]

    def __repr__(self) -> str:
        return f"<Stream of {self._cell.label}{', closed' if self.closed else ''}, {self.dropped} dropped>"
