"""The library's own event loop, for programs and REPLs that run none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from threading import Event, Lock, Thread
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
        if _loop is None:
            loop = asyncio.new_event_loop()
            Thread(target=_serve, args=(loop,), name="synapse-rx-loop", daemon=True).start()
            _loop = loop
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


def made_on_a_loop(make: Callable[[asyncio.AbstractEventLoop], T]) -> T:
    """Return what ``make`` returns for the loop that runs here, or on the library's own where none does."""
    loop = running_loop()
    if loop is not None:
        return make(loop)
    loop = background_loop()
    return call_on(loop, lambda: make(loop))


def settle_background(seconds: float) -> None:
    """Let the library's own loop, if it runs, do what it was told to do so far; wait so many seconds at most."""
    if _loop is None or running_loop() is _loop:
        return
    for _ in range(3):  # an outcome wakes a task, whose end calls back
        turn = Event()
        _loop.call_soon_threadsafe(turn.set)
        turn.wait(seconds)


def forget_background() -> None:
    """Forget the loop in a forked child, which does not have its thread."""
    global _loop, _lock
    _loop, _lock = None, Lock()


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    # asyncio lets what a task raises of these two end the loop; one training must not end the others' loop.
    while True:
        with suppress(SystemExit, KeyboardInterrupt):
            loop.run_forever()
