"""Something that will be there soon: to be awaited on any loop, or waited for without one."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from ..trainer.loops import running_loop

T = TypeVar("T")


def promise() -> Future[Any]:
    """Return the future of an `Answer`, which whoever waits for it cannot cancel for all."""
    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()
    return future


class Answer(Generic[T]):
    """
    What a fleet was asked for: ``await answer``; in plain code ``answer.result()``, or `synapse_rx.deref`.

    Whoever stops waiting stops nothing else.
    """

    def __init__(self, future: Future[T]) -> None:
        self._future = future

    def done(self) -> bool:
        """Return whether it is there."""
        return self._future.done()

    def result(self, timeout: float | None = None) -> T:
        """
        Wait for it and return it.

        Raises:
            TimeoutError: If it is not there after so many seconds.
            InvalidStateError: If an event loop runs on this thread: use ``await``.
        """
        if not self._future.done() and running_loop() is not None:
            raise asyncio.InvalidStateError(
                "waiting here would stop the event loop of this thread: use `await`"
            )
        return self._future.result(timeout)

    def deref(self) -> T:
        """Wait for it and return it."""
        return self.result()

    def __await__(self) -> Generator[Any, None, T]:
        return asyncio.wrap_future(self._future).__await__()

    def __repr__(self) -> str:
        return f"<Answer {'there' if self.done() else 'to come'}>"
