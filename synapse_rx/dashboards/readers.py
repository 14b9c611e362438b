"""Those who read the stream, over whatever connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

from .feed import Feed, Message
from .position import Position

REST = 0.1
"""Seconds between two messages to one reader at least."""

HEARTBEAT = 15.0
"""Seconds after which a reader who has nothing to be told is sent a sign of life."""

MOST_READERS = 200
"""Readers that are told at once."""


class Readers:
    """
    Tells each reader what is new, when it has taken in what was told before.

    Args:
        feed: What is told.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._count = 0

    @property
    def refusal(self) -> tuple[int, str] | None:
        """The status and the reason to refuse another reader, or None while there is room."""
        if self._count < MOST_READERS:
            return None
        return 503, f"{MOST_READERS} streams are open already; close one, or read GET snapshot now and then"

    def position(self, word: str | None) -> Position:
        """Return where a reader goes on who gives back the id of what it read last."""
        return self._feed.position(word)

    async def messages(self, known: Position) -> AsyncGenerator[Message | None]:
        """Yield what is new since ``known``, and None when it is time for a sign of life, till the feed is closed."""
        self._count += 1
        try:
            with self._feed.listening() as news:
                while not self._feed.closed:
                    news.clear()
                    message = self._feed.message(known)
                    known = message.position
                    yield message  # a reader who is slow is waited for here, by nobody else
                    await asyncio.sleep(REST)
                    while not self._feed.closed and not await _within(HEARTBEAT, news):
                        yield None
        finally:
            self._count -= 1


async def _within(seconds: float, event: asyncio.Event) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await event.wait()
    return False
