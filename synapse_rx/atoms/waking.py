"""Wake whoever waits on an event loop, from any thread."""

from __future__ import annotations

import asyncio


def wake(loop: asyncio.AbstractEventLoop, waiter: asyncio.Future[None]) -> None:
    """Let ``waiter``, a future of ``loop``, be done; where the loop is closed nobody waits any more."""
    try:
        loop.call_soon_threadsafe(_resolve, waiter)
    except RuntimeError:
        pass


def _resolve(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
