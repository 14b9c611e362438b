"""The library's own event loop, for programs and REPLs that run none."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from collections.abc import Callable
from threading import Lock, Thread
from typing import TypeVar

T = TypeVar("T")

_lock = Lock()
_loop: asyncio.AbstractEventLoop | None = None


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop running on this thread, or None."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def background_loop() -> asyncio.AbstractEventLoop:
    """Return the library's own loop, started on a daemon thread when first asked for."""
    global _loop
    with _lock:
        if _loop is None or _loop.is_closed():
            _loop = asyncio.new_event_loop()
            Thread(target=_loop.run_forever, name="synapse-rx-loop", daemon=True).start()
        return _loop


def call_on(loop: asyncio.AbstractEventLoop, f: Callable[[], T]) -> T:
    """Call ``f`` on the thread of ``loop``, another than this one, and return what it returns."""
    answer: Future[T] = Future()

    def call() -> None:
        try:
            answer.set_result(f())
        except BaseException as error:  # carried over to the thread that waits
            answer.set_exception(error)

    loop.call_soon_threadsafe(call)
    return answer.result()
