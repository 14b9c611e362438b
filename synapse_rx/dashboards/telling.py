"""What a server that does not train has to be told, by one who listens to the networks in its place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .feed import Feed
from .readers import REST

Told = Callable[[str, str, str, bytes], None]
"""Takes "news" or "start", what is known before and what is known then, as words, and the message."""


class Telling:
    """
    Tells news, and answers what `Relay` asks for; both of the same moment, so that one leads into the other.

    Args:
        feed: Knows the networks.
        told: Called with everything that is to be passed on.
    """

    def __init__(self, feed: Feed, told: Told) -> None:
        self._feed = feed
        self._told = told
        self._version = feed.version
        self._moment = feed.moment()
        self._nothing = feed.position(None)
        message = self._moment.message(self._nothing)
        self._known = message.position
        told("start", self._nothing.word(), self._known.word(), message.data)

    def news(self) -> None:
        """Tell what is new, if anything is."""
        version = self._feed.version
        if version == self._version:
            return
        self._version, self._moment = version, self._feed.moment()
        message = self._moment.message(self._known)
        self._told("news", self._known.word(), message.position.word(), message.data)
        self._known = message.position

    def start(self, word: str) -> None:
        """Tell what is new to whoever knows ``word``."""
        self.news()
        known = self._feed.position(word)
        message = self._moment.message(known)
        self._told("start", word, message.position.word(), message.data)

    async def follow(self) -> None:
        """Tell news as they come, till the feed is closed."""
        with self._feed.listening() as bell:
            while not self._feed.closed:
                bell.clear()
                self.news()
                await asyncio.sleep(REST)
                await bell.wait()
