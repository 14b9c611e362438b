"""The connections that readers are told over, as one sees them who writes to thousands."""

from __future__ import annotations

import asyncio
import socket
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

from .message import LAST_CHUNK, LIFE, Message, Several, chunked

EXTENSION = "synapse_rx.wire"
"""Where our own server hands the transport of a connection to the application (ASGI, "extensions")."""

PIECE = 32_768
"""Bytes that are written at once: no more than these wait for one reader in this process, however long a message is."""

KERNEL = 65_536
"""Bytes that the operating system is asked to hold for one reader at most (it takes twice as many)."""

GOODBYE = 30.0
"""Seconds in which a reader that was dropped may still take in why."""

TRY_AGAIN_LATER = 1013
"""Reason to close a WebSocket (IANA, WebSocket Close Code Number Registry)."""

LIFE_CHUNK = chunked(LIFE)

Send = Callable[[Any], Awaitable[None]]


class Wire(Protocol):
    """What is written to."""

    @property
    def waits(self) -> bool:
        """Whether something that was written has not left yet."""
        ...

    def tell(self, message: Message | Several) -> int:
        """Write a message as far as it goes at once; return how many bytes of it are left for `go_on`."""
        ...

    def go_on(self) -> int:
        """Write more of the message; return how many bytes are left."""
        ...

    def live(self) -> None:
        """Write a sign of life."""
        ...

    def end(self, event: bytes | None, why: str) -> None:
        """Write a last event, if there is one, and end the connection when it has left."""
        ...


class Direct:
    """
    Server-sent events written to the transport of our own server, past everything that would look at each of them.

    Args:
        transport: The connection; the head of the answer has been written to it.
        in_chunks: Whether the answer is in chunks (HTTP/1.1) or as it is (HTTP/1.0).
    """

    __slots__ = ("_in_chunks", "_rest", "_transport")

    def __init__(self, transport: asyncio.Transport, in_chunks: bool) -> None:
        self._transport = transport
        self._in_chunks = in_chunks
        self._rest: memoryview | None = None
        transport.set_write_buffer_limits(high=PIECE)
        with suppress(OSError, AttributeError):
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL)

    @property
    def waits(self) -> bool:
        return self._transport.get_write_buffer_size() > 0

    def tell(self, message: Message | Several) -> int:
        data = message.chunk if self._in_chunks else message.event
        if len(data) <= PIECE:  # as a rule
            self._transport.write(data)
            return 0
        self._rest = memoryview(data)
        return self.go_on()

    def go_on(self) -> int:
        rest = self._rest
        while rest and not self._transport.get_write_buffer_size():
            self._transport.write(rest[:PIECE])
            rest = rest[PIECE:]
        self._rest = rest or None
        return len(rest or ())

    def live(self) -> None:
        self._transport.write(LIFE_CHUNK if self._in_chunks else LIFE)

    def end(self, event: bytes | None, why: str) -> None:
        transport, rest = self._transport, self._rest
        if transport.is_closing():
            return
        if rest and len(rest) > PIECE:  # in the middle of a long message nothing else can be said
            transport.abort()
            return
        if rest:
            transport.write(rest)
        last = b"" if event is None else event
        transport.write((chunked(last) if last else b"") + LAST_CHUNK if self._in_chunks else last)
        transport.close()
        asyncio.get_running_loop().call_later(GOODBYE, transport.abort)


class Pumped(ABC):
    """
    A connection that is written to by a task of its own, as any ASGI server takes it.

    Args:
        send: Sends what ASGI says.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: list[Any] = []
        self._news = asyncio.Event()
        self._over = False
        self._busy = False

    @property
    def waits(self) -> bool:
        return self._busy or bool(self._waiting)

    def tell(self, message: Message | Several) -> int:
        self._put(*self._told(message))
        return 0

    def go_on(self) -> int:
        return 0

    def live(self) -> None:
        self._put(*self._life())

    def end(self, event: bytes | None, why: str) -> None:
        self._over = True
        self._put(*self._ended(event, why))

    async def pump(self) -> None:
        """Send whatever is put in, till the end."""
        while self._waiting or not self._over:
            await self._news.wait()
            self._news.clear()
            self._busy = True
            waiting, self._waiting = self._waiting, []
            for said in waiting:
                await self._send(said)
            self._busy = False

    def _put(self, *said: Any) -> None:
        self._waiting.extend(said)
        self._news.set()

    @abstractmethod
    def _told(self, message: Message | Several) -> list[Any]:
        """Return what is sent for a message."""

    @abstractmethod
    def _life(self) -> list[Any]:
        """Return what is sent where nothing else was for a while."""

    @abstractmethod
    def _ended(self, event: bytes | None, why: str) -> list[Any]:
        """Return what is sent last."""


class Streamed(Pumped):
    """Server-sent events through whatever server there is."""

    def _told(self, message: Message | Several) -> list[Any]:
        return [_body(message.event)]

    def _life(self) -> list[Any]:
        return [_body(LIFE)]

    def _ended(self, event: bytes | None, why: str) -> list[Any]:
        return [_body(event or b"", more=False)]


class Socketed(Pumped):
    """Messages over a WebSocket; signs of life are the server's own: pings."""

    def _told(self, message: Message | Several) -> list[Any]:
        return [{"type": "websocket.send", "text": text} for text in message.texts]

    def _life(self) -> list[Any]:
        return []

    def _ended(self, event: bytes | None, why: str) -> list[Any]:
        code = 1001 if event is None else TRY_AGAIN_LATER
        return [{"type": "websocket.close", "code": code, "reason": why}]


def _body(data: bytes, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}
