"""What a server tells that does not train: what it is told itself, kept as it came."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import islice

from attrs import frozen

from .bells import Bells
from .message import Message, Several
from .position import Position

MOST_KEPT, MOST_BYTES = 256, 2**19
"""The window: messages that are kept for readers who come back, and their bytes."""

MOST_STARTS = 64
"""Messages that are kept from before the window into it."""

MOST_JOINED = 32
"""Messages of one moment that were put together of several."""


LONG = 2**13
"""Bytes of messages behind a start, beyond which a newer start is asked for."""


@frozen
class News:
    """
    A message of the window.

    Attributes:
        known: What a reader knows to whom it is told.
        message: What is told.
    """

    known: Position
    message: Message


class Relay:
    """
    Tells readers what it is told by one who knows: news as they come, to all the same bytes.

    Who was away is told what it missed out of a window of the newest messages; who was away for longer, or is new, is
    told something that leads into the window, for which ``ask`` is called: it is asked for what it should say to
    whoever knows a position, and `start` gives the answer.

    All of this is done on one event loop.

    Args:
        source: What positions begin with.
        ask: Asks for a start.
    """

    def __init__(self, source: str, ask: Callable[[Position], None]) -> None:
        self.closed = False
        self.version = 0
        self._nothing = Position(source)
        self._ask = ask
        self._asked: set[Position] = set()
        self._window: deque[News] = deque()
        self._first = 0  # the number of the oldest message in it
        self._bytes = 0
        self._last: Position | None = None
        self._places: dict[Position, int] = {}  # by what is known then, the number of the message behind it
        self._starts: OrderedDict[Position, Message] = OrderedDict()
        self._joined: dict[Position, Message | Several] = {}
        self._bells = Bells()

    def listening(self) -> AbstractContextManager[asyncio.Event]:
        """Give an event that is set whenever there is something new."""
        return self._bells.listening()

    def position(self, word: str | None) -> Position:
        """Return the position that a reader gives back."""
        return Position.read(word, self._nothing.source)

    def news(self, known: str, position: str, data: bytes) -> None:
        """Take what is new to whoever knows ``known``."""
        message = Message(self._read(position), data)
        before = self._read(known)
        if before != self._last:
            if before in self._places and message.position in self._places:
                return  # it was told before, by who does not know that it has come
            self._forget()  # something is missing in between: nobody may be led across it
        if self._window and before == message.position == self._window[-1].known == self._last:
            self._bytes -= len(
                self._window.pop().message.data
            )  # both say where networks stand: the newer one does
        self._last = message.position
        self._window.append(News(before, message))
        self._bytes += len(data)
        self._places.setdefault(before, self._first + len(self._window) - 1)
        self._places.setdefault(message.position, self._first + len(self._window))
        while len(self._window) > MOST_KEPT or (self._bytes > MOST_BYTES and len(self._window) > 1):
            self._forget_first()
        self._joined = {}
        self.version += 1
        self._bells.ring()

    def start(self, known: str, position: str, data: bytes) -> None:
        """Take what was asked for."""
        before = self._read(known)
        self._asked.discard(before)
        self._starts[before] = message = Message(self._read(position), data)
        self._last = self._last or message.position
        self._starts.move_to_end(before)
        while len(self._starts) > MOST_STARTS:
            self._starts.popitem(last=False)
        self._joined.pop(before, None)
        self._bells.ring()

    def message(self, known: Position) -> Message | Several | None:
        """Return what is new to a reader who knows ``known``; None if that is being asked for."""
        # It came before anything was known here, or has heard of another training.
        if known.source != self._nothing.source:
            known = self._nothing
        found = self._joined.get(known)
        if found is None:
            found = self._found(known)
            if found is None:
                return self._wonder(known)
            if len(self._joined) >= MOST_JOINED:
                self._joined = {}
            self._joined[known] = found
        return found

    def leads(self, position: str) -> bool:
        """Return whether a start that ends at ``position`` would lead to what is newest."""
        place = self._read(position)
        return self._last is None or place == self._last or place in self._places

    def renew(self, source: str) -> None:
        """Begin anew, with news that come from elsewhere: whatever readers know is of no use."""
        self._nothing = Position(source)
        self._last = None
        self._starts.clear()
        self._asked.clear()
        self._forget()
        self.version += 1
        self._bells.ring()

    def close(self) -> None:
        """Send all readers home."""
        self.closed = True
        self._bells.ring()

    def _found(self, known: Position) -> Message | Several | None:
        if missed := self._behind(known):
            return _one(missed)
        start = self._starts.get(known)
        if start is None:
            return None
        after = [] if start.position == self._last else self._behind(start.position)
        if after is None:
            return None
        if sum(len(message.data) for message in after) > max(len(start.data), LONG):
            self._wonder(known)  # a newer start would be shorter; until it comes, this one will do
        return _one([start, *after])

    def _wonder(self, known: Position) -> None:
        if known not in self._asked:
            self._asked.add(known)
            self._ask(known)

    def _behind(self, known: Position) -> list[Message] | None:
        """Return the messages of the window that come after ``known``; None if it lies before the window."""
        place = self._places.get(known)
        if place is None:
            return None
        return [news.message for news in islice(self._window, place - self._first, None)]

    def _forget(self) -> None:
        self._first += len(self._window) + 1
        self._window.clear()
        self._places.clear()
        self._joined = {}
        self._bytes = 0

    def _forget_first(self) -> None:
        news = self._window.popleft()
        self._first += 1
        self._bytes -= len(news.message.data)
        if self._window[0].known == news.known:
            self._places[news.known] = self._first
        else:
            del self._places[news.known]

    def _read(self, word: str) -> Position:
        return Position.read(word, self._nothing.source, len(word))


def _one(messages: list[Message]) -> Message | Several:
    return messages[0] if len(messages) == 1 else Several(messages)
