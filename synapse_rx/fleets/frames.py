"""Messages in a pipe, one after the other: what it is, its number, its length, its bytes."""

from __future__ import annotations

import struct
from contextlib import suppress
from threading import Lock
from typing import BinaryIO, NamedTuple

HEAD = struct.Struct("<cQQ")
HELLO, CALL, ANSWER, NEWS, BYE = b"H", b"C", b"A", b"N", b"B"


class Frame(NamedTuple):
    """One message in a pipe."""

    kind: bytes
    number: int
    message: bytes


class Writer:
    """Writes frames, one at a time, from any thread."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lock = Lock()

    def write(self, kind: bytes, number: int = 0, message: bytes = b"") -> None:
        """
        Write a frame; waits until the pipe has taken it.

        Raises:
            OSError: If the other end is gone.
            ValueError: If this end is closed.
        """
        with self._lock:
            self._file.write(HEAD.pack(kind, number, len(message)))
            self._file.write(message)
            self._file.flush()

    def close(self) -> None:
        """Close this end."""
        with self._lock, suppress(OSError):  # what was to be flushed has nowhere to go
            self._file.close()

    def try_write(self, kind: bytes) -> bool:
        """Write a frame without a message, unless somebody is writing; return whether it was."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            self._file.write(HEAD.pack(kind, 0, 0))
            self._file.flush()
            return True
        finally:
            self._lock.release()


def read_frame(file: BinaryIO) -> Frame | None:
    """Return the next frame; None at the end of the pipe."""
    head = file.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    kind, number, length = HEAD.unpack(head)
    message = file.read(length)
    return Frame(kind, number, message) if len(message) == length else None
