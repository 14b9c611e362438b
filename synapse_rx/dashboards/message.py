"""What readers are told, put into bytes once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from attrs import frozen

from .position import Position

LIFE = b": still here\n\n"
"""A sign of life: a comment, which readers of server-sent events pass over."""

LAST_CHUNK = b"0\r\n\r\n"
"""The end of an answer in chunks."""


@frozen(slots=False)
class Message:
    """
    What readers who know the same are told. All of them are given the very same bytes.

    Attributes:
        position: What they know then.
        data: JSON, the position in it as ``id``.
    """

    position: Position
    data: bytes

    @cached_property
    def event(self) -> bytes:
        """The server-sent event."""
        return b"id: %s\ndata: %s\n\n" % (self.position.word().encode(), self.data)

    @cached_property
    def chunk(self) -> bytes:
        """The event as a chunk of an HTTP/1.1 answer."""
        return chunked(self.event)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """What is sent over a WebSocket."""
        return (self.data.decode(),)


@frozen(slots=False)
class Several:
    """
    Messages that are told one after the other.

    Attributes:
        messages: In their order, at least one.
    """

    messages: Sequence[Message]

    @property
    def position(self) -> Position:
        """What readers know then."""
        return self.messages[-1].position

    @cached_property
    def event(self) -> bytes:
        """The server-sent events."""
        return b"".join(message.event for message in self.messages)

    @cached_property
    def chunk(self) -> bytes:
        """The events as one chunk."""
        return chunked(self.event)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """What is sent over a WebSocket."""
        return tuple(message.data.decode() for message in self.messages)


def chunked(data: bytes) -> bytes:
    """Return ``data`` as a chunk of an HTTP/1.1 answer (RFC 9112, section 7.1)."""
    return b"%x\r\n%s\r\n" % (len(data), data)
