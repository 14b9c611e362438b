"""Any async iterable as an observable."""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

import reactivex.abc as rx
from reactivex import Observable

from ..errors import OptionError
from .handover import running_loop
from .report import logger

T = TypeVar("T")


def from_async(
    source: AsyncIterable[T] | Callable[[], AsyncIterable[T]], *, loop: AbstractEventLoop | None = None
) -> Observable[T]:
    """
    Return an observable of what an async iterable gives: ``from_async(run).pipe(...)``.

    Each subscription iterates on an event loop in a task of its own, and asks for the next value only when its observer
    is through with the last: nothing is ever queued. It completes with the iteration and fails with what that raises;
    disposing of it cancels the task. An observer that raises is detached and logged. Observers run on the loop, so they
    must be quick, or stand behind `observe_on`.

    Args:
        source: An async iterable, or a function that returns one, for each subscription another.
        loop: Where to iterate; None: the loop that runs where ``subscribe`` is called.

    Raises:
        TypeError: If ``source`` is neither.
        OptionError: Told to the observer as its error, if no loop runs where it subscribes and none is given.
    """
    if not isinstance(source, AsyncIterable) and not callable(source):
        raise TypeError(f"from_async takes an async iterable or a function that returns one, not {source!r}")
    return _FromAsync(source, loop)


class _FromAsync(Observable[T]):
    def __init__(self, source: Any, loop: AbstractEventLoop | None) -> None:
        super().__init__()
        self._source: Any = source
        self._loop = loop

    def _subscribe_core(
        self, observer: rx.ObserverBase[T], scheduler: rx.SchedulerBase | None = None
    ) -> rx.DisposableBase:
        loop = self._loop or running_loop()
        if loop is None:
            raise OptionError("from_async() found no running loop where it was subscribed to; give it loop=")
        pump: _Pump[T] = _Pump(aiter(self._iterable()), observer, loop)
        loop.call_soon_threadsafe(pump.start)
        return pump

    def _iterable(self) -> AsyncIterable[T]:
        source = self._source
        return source if hasattr(source, "__aiter__") else source()


class _Pump(rx.DisposableBase, Generic[T]):
    """One subscription: the task that iterates, and what cancels it."""

    def __init__(
        self, values: AsyncIterator[T], observer: rx.ObserverBase[T], loop: AbstractEventLoop
    ) -> None:
        self._values = values
        self._observer = observer
        self._loop = loop
        self._disposed = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, on the loop."""
        self._task = self._loop.create_task(self._run())

    def dispose(self) -> None:
        """Tell nothing more and cancel the task, from any thread."""
        if not self._disposed:
            self._disposed = True
            with suppress(RuntimeError):  # the loop is closed, and the task with it
                self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        if self._task is not None and self._task is not asyncio.current_task(self._loop):
            self._task.cancel()

    async def _run(self) -> None:
        try:
            if await self._pump():
                self._tell(self._observer.on_completed)
        except Exception as error:
            self._tell(self._observer.on_error, error)
        finally:
            close = getattr(self._values, "aclose", None)
            if close is not None:
                await close()

    async def _pump(self) -> bool:
        """Hand on value after value; return whether that came to its end."""
        async for value in self._values:
            if self._disposed or not self._tell(self._observer.on_next, value):
                return False
            await asyncio.sleep(0)  # an iterable that always has a value at hand leaves the loop its turn
        return not self._disposed

    def _tell(self, method: Callable[..., object], *args: Any) -> bool:
        try:
            method(*args)
        except Exception as error:
            self._disposed = True
            logger.error("an observer of from_async failed and was detached", exc_info=error)
            return False
        return True
