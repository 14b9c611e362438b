"""Those who read the stream, over whatever connection: told all at once, and never waited for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from time import monotonic
from typing import Protocol

from ..files.strict_json import dumps
from .message import Message, Several
from .position import Position
from .wires import Wire

REST = 0.1
"""Seconds between two messages to one reader at least."""

HEARTBEAT = 15.0
"""Seconds after which a reader who has nothing to be told is sent a sign of life."""

MOST_READERS = 200
"""Readers that are told at once, unless the server is told otherwise."""

PATIENCE = 30.0
"""Seconds in which a reader has to take in what it was told; then it is dropped."""

MOST_WAITING = 2**28
"""Bytes of long messages that wait for slow readers, altogether; beyond, who has waited longest is dropped."""

STRETCH = 500
"""Readers that are told before the loop looks for something else to do."""

CLOSED = "the dashboard is closed"

log = logging.getLogger("synapse_rx")


class Source(Protocol):
    """What readers are told."""

    @property
    def closed(self) -> bool:
        """Whether there is nothing more to come."""
        ...

    @property
    def version(self) -> int:
        """Another number whenever there is something new."""
        ...

    def listening(self) -> AbstractContextManager[asyncio.Event]:
        """Give an event that is set, on the running loop, whenever there is something new."""
        ...

    def position(self, word: str | None) -> Position:
        """Return the position that a reader gives back."""
        ...

    def message(self, known: Position) -> Message | Several | None:
        """Return what is new to a reader, or None if that is being found out: there will be another version then."""
        ...


class Readers:
    """
    Tells readers what is new, when they have taken in what they were told before.

    One task writes to all that are on its loop. Who knows the same is given the same bytes. Who is slow is passed over
    and gets more at once later; who stays slow is dropped, and told why. Nobody is waited for.

    Args:
        source: What is told.
        most: How many readers at once; None for `MOST_READERS`.
    """

    def __init__(self, source: Source, most: int | None = None) -> None:
        self._source = source
        self._most = most
        self._count = 0
        self._rounds: dict[asyncio.AbstractEventLoop, Round] = {}

    @property
    def refusal(self) -> tuple[int, str] | None:
        """The status and the reason to refuse another reader, or None while there is room."""
        most = MOST_READERS if self._most is None else self._most
        if self._count < most:
            return None
        why = f"{most} streams are open already; close one, or read GET snapshot now and then"
        return 503, f"{why} (whoever serves may allow more: readers=)"

    def position(self, word: str | None) -> Position:
        """Return where a reader goes on who gives back the id of what it read last."""
        return self._source.position(word)

    @contextmanager
    def told(self, wire: Wire, known: Position) -> Iterator[None]:
        """Tell a reader over ``wire`` what is new since ``known``, as long as the context lasts."""
        loop = asyncio.get_running_loop()
        round_ = self._rounds.get(loop)
        if round_ is None:
            round_ = self._rounds[loop] = Round(self._source)
        reader = Reader(wire, known)
        self._count += 1
        try:
            round_.join(reader)
            yield
        finally:
            self._count -= 1
            if not round_.leave(reader) and self._rounds.get(loop) is round_:
                del self._rounds[loop]


class Reader:
    """
    One of them.

    Attributes:
        wire: What it is told over.
        known: What it knows.
        version: The version it was told.
        rest: Bytes of a long message that it has not been told yet.
        since: Since when it has not taken in what it was told; None if it has.
    """

    __slots__ = ("known", "rest", "since", "version", "wire")

    def __init__(self, wire: Wire, known: Position) -> None:
        self.wire = wire
        self.known = known
        self.version = -1
        self.rest = 0
        self.since: float | None = None


class Round:
    """Readers on one loop, and the task that goes from one to the next."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._readers: dict[Reader, None] = {}
        self._task: asyncio.Task[None] | None = None
        self._late: list[Reader] = []
        self._newest: tuple[int, Position, Message | Several] | None = None

    def join(self, reader: Reader) -> None:
        """Tell one more, at once."""
        if self._source.closed:
            reader.wire.end(None, CLOSED)
            return
        self._readers[reader] = None
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._go())
        if self._tell(reader, monotonic()):
            self._late.append(reader)

    def leave(self, reader: Reader) -> bool:
        """Tell one less; return whether there are others."""
        self._readers.pop(reader, None)
        if not self._readers and self._task is not None:
            self._task.cancel()
            self._task = None
        return bool(self._readers)

    async def _go(self) -> None:
        try:
            with self._source.listening() as news:
                await self._follow(news)
        except Exception:
            log.exception("the dashboard's stream failed; those who read it may connect again")
        for reader in tuple(self._readers):
            reader.wire.end(None, CLOSED)

    async def _follow(self, news: asyncio.Event) -> None:
        while not self._source.closed:
            news.clear()
            await self._tell_all(tuple(self._readers))
            await asyncio.sleep(REST)
            while not (self._source.closed or news.is_set()):
                if self._late:
                    await self._tell_all(self._late)
                    await asyncio.sleep(REST)
                elif not await _within(HEARTBEAT, news):
                    for reader in self._readers:
                        reader.wire.live()

    async def _tell_all(self, readers: Sequence[Reader]) -> None:
        """Tell readers, and remember who has not taken in everything."""
        now = monotonic()
        self._late = []
        for number, reader in enumerate(readers, 1):
            if reader in self._readers and self._tell(reader, now):
                self._late.append(reader)
            if not number % STRETCH:
                await asyncio.sleep(0)
        self._drop(now)

    def _tell(self, reader: Reader, now: float) -> bool:
        """Tell one; return whether it has not taken in everything."""
        wire, source = reader.wire, self._source
        if reader.rest:
            reader.rest = wire.go_on()
        if reader.rest or wire.waits:
            reader.since = reader.since or now
            return True
        reader.since = None
        version = source.version  # before the message: what comes meanwhile makes another one
        if reader.version != version and (message := self._message(reader.known, version)) is not None:
            reader.version, reader.known = version, message.position
            reader.rest = wire.tell(message)
            if reader.rest or wire.waits:
                reader.since = now
        return reader.since is not None

    def _message(self, known: Position, version: int) -> Message | Several | None:
        # Nearly all know the very same: that is quicker found out than what is equal.
        newest = self._newest
        if newest is not None and newest[0] == version and newest[1] is known:
            return newest[2]
        message = self._source.message(known)
        if message is not None:
            self._newest = version, known, message
        return message

    def _drop(self, now: float) -> None:
        late = sorted(self._late, key=lambda reader: reader.since or now)
        waiting = sum(reader.rest for reader in late)
        for reader in late:
            if reader.since is not None and now - reader.since > PATIENCE:
                self._end(reader, f"what you were told was not taken in within {PATIENCE:g} s")
            elif waiting > MOST_WAITING:
                self._end(reader, "too much waits for slow readers, and you are the slowest of them")
            else:
                break
            waiting -= reader.rest

    def _end(self, reader: Reader, why: str) -> None:
        self._readers.pop(reader, None)
        reader.wire.end(_dropped(why), why)


def _dropped(why: str) -> bytes:
    said = {"why": why, "do": "connect again with the id of what you read last: nothing is lost"}
    return b"event: dropped\ndata: %s\n\n" % dumps(said).encode()


async def _within(seconds: float, event: asyncio.Event) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await event.wait()
    return False
