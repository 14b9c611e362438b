"""An asyncio task for work that is done elsewhere, which can also be waited for without an event loop."""

from __future__ import annotations

import asyncio
import inspect
from asyncio import CancelledError, InvalidStateError
from collections.abc import Callable, Generator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitTimeout
from contextlib import suppress
from functools import partial
from typing import Any, Self, TypeVar

from .loops import running_loop

T = TypeVar("T")


class OutcomeTask(asyncio.Task[T]):
    """
    A task whose coroutine only waits for an outcome, while threads of their own bring it about.

    So ``await``, ``gather``, ``wait_for``, ``timeout``, ``TaskGroup``, ``shield`` and the rest work. Without a running
    loop use `result`, `exception` and `wait`. All methods may be called from any thread, and tell the truth even while
    the task's own loop stands still or is closed.

    Args:
        outcome: Done when the work is over.
        stop_work: Asks the work to end soon without a result; returns False if it is over already.
        loop: The task's own loop.
        name: The task's name.
    """

    def __init__(
        self,
        outcome: Future[T],
        stop_work: Callable[[], bool],
        *,
        loop: asyncio.AbstractEventLoop,
        name: str | None = None,
    ) -> None:
        self._work = outcome
        self._stop_work = stop_work
        self._ended = asyncio.Event()
        self._waiting = _wait(outcome, stop_work, self._ended)
        super().__init__(self._waiting, loop=loop, name=name)
        # If its loop is closed before the work is over, only the waiting is lost.
        self._log_destroy_pending = False

    def cancel(self, msg: Any | None = None) -> bool:
        """
        Cancel, as asyncio means it: the task is cancelled once the work has ended. May be called from any thread.

        Returns:
            False if it is over already.
        """
        if not self._stop_work():
            return False
        # A coroutine that is cancelled before its first step does not get to wait for the work to end.
        if self._is_here() and inspect.getcoroutinestate(self._waiting) != inspect.CORO_CREATED:
            super().cancel(msg)
        else:
            self._on_loop(partial(super().cancel, msg))
        return True

    def done(self) -> bool:
        """Return whether it is over. Right on any thread, even while the task's own loop stands still."""
        if super().done():
            return True
        if self._is_here() or not self._work.done():
            return False
        # Who is told so may close the loop next: the task, too, must find its end in the loop's last turns.
        self._on_loop(self._ended.set)
        return True

    def cancelled(self) -> bool:
        """Return whether it was cancelled; as right as `done`."""
        if super().done():
            return super().cancelled()
        return self.done() and isinstance(self._work.exception(), CancelledError)

    def result(self, timeout: float | None = None) -> T:
        """
        Return the result; without a running event loop on this thread, wait for it.

        Args:
            timeout: Seconds to wait at most; the work goes on when they are over. Ctrl-C, too, ends the waiting only.

        Raises:
            TimeoutError: If the time is over.
            InvalidStateError: If it is not done and an event loop runs on this thread: use ``await``.
            CancelledError: If it was cancelled.
            Exception: What ended the work, such as `Diverged`.
        """
        if super().done():
            return super().result()
        self._settle(timeout)
        self._mark_retrieved()
        return self._work.result()

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return what ended the work, or None; waits and raises as `result` does."""
        if super().done():
            return super().exception()
        self._settle(timeout)
        self._mark_retrieved()
        error = self._work.exception()
        if isinstance(error, CancelledError):
            raise error
        return error

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is over, at most ``timeout`` seconds; return whether it is. Not for event loops."""
        try:
            self._settle(timeout)
        except TimeoutError:
            return False
        return True

    def when_over(self, f: Callable[[Self], object]) -> None:
        """
        Call ``f(run)`` once it is over, on the thread that ends it; at once, and here, if it is over already.

        Unlike `add_done_callback` it needs no event loop. What ``f`` raises is logged.
        """
        self._work.add_done_callback(lambda _: f(self))

    def add_done_callback(self, fn: Callable[[Any], object], /, *, context: Any = None) -> None:
        """Call ``fn(run)`` on the task's own loop when it is done; as for any task, but from any thread."""
        if self._is_here():
            super().add_done_callback(fn, context=context)
        else:
            self._on_loop(partial(super().add_done_callback, fn, context=context))

    def __await__(self) -> Generator[Any, None, T]:
        if running_loop() is None:
            raise RuntimeError(
                "awaiting a training needs a running asyncio loop; in plain code use run.result() or sx.deref(run), "
                "under trio: await anyio.to_thread.run_sync(run.result, abandon_on_cancel=True)"
            )
        if self._is_here():
            return super().__await__()
        self._mark_retrieved()
        return _wait(self._work, self._stop_work, asyncio.Event()).__await__()

    def _would_wait_for_itself(self) -> bool:
        """Whether the work needs this very thread to go on, so that waiting here would never end."""
        return False

    def _is_here(self) -> bool:
        """Whether the task's own loop runs on this thread, so that the task itself knows best."""
        return running_loop() is self.get_loop()

    def _on_loop(self, f: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            self.get_loop().call_soon_threadsafe(f)

    def _settle(self, timeout: float | None) -> None:
        """Wait for the outcome."""
        if self._work.done():
            return
        if running_loop() is not None:
            raise InvalidStateError(
                "the training is not done, and waiting here would stop the event loop of this thread: "
                "use `await run`"
            )
        if self._would_wait_for_itself():
            raise InvalidStateError("this is a watch on the training's own thread: it would wait for itself")
        try:
            self._work.exception(timeout)
        except WaitTimeout:
            raise TimeoutError(f"the training was not over within {timeout} s; it goes on") from None

    def _mark_retrieved(self) -> None:
        """Whoever took the outcome has seen the exception: asyncio need not report it as never retrieved."""
        self.add_done_callback(_retrieve)


def _retrieve(task: OutcomeTask[Any]) -> None:
    if not task.cancelled():
        task.exception()


async def _wait(outcome: Future[T], stop_work: Callable[[], bool], ended: asyncio.Event) -> T:
    """Wait for the outcome on whatever loop this runs; when cancelled, see to it that the work ends first."""
    loop = asyncio.get_running_loop()

    def wake(_: Future[T]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(ended.set)

    outcome.add_done_callback(wake)
    cancelled: CancelledError | None = None
    while not outcome.done():
        try:
            await ended.wait()
        except CancelledError as error:
            # The first one is raised again in the end: scopes of anyio recognise their own.
            cancelled = cancelled or error
            stop_work()
    if cancelled is not None and isinstance(outcome.exception(), CancelledError | None):
        raise cancelled
    return outcome.result()
