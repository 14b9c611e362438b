"""The checksum of much data, worked out while it is read or written."""

from __future__ import annotations

import zlib
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Self

WORTH_A_THREAD = 1 << 20
"""Bytes whose checksum is worked out on a thread of its own."""


class Checksum:
    """
    The CRC-32 of bytes one behind the other, worked out on a thread beside what else is done with them.

    Args:
        size: How many there will be. Few are worth no thread.
    """

    def __init__(self, size: int) -> None:
        self._value = 0
        self._parts: SimpleQueue[memoryview | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name="synapse-rx-checksum", daemon=True)
        if size >= WORTH_A_THREAD:
            with suppress(RuntimeError):  # no thread is to be had, such as at the exit of the interpreter
                self._thread.start()

    def add(self, part: memoryview) -> None:
        """Go on with ``part``, which must stay as it is till `finish`."""
        if self._thread.ident is None:
            self._value = zlib.crc32(part, self._value)
        else:
            self._parts.put(part)

    def finish(self) -> int:
        """Return the checksum of all there was, once it is known."""
        if self._thread.ident is not None:
            self._parts.put(None)
            self._thread.join()
        return self._value

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.finish()

    def _work(self) -> None:
        while (part := self._parts.get()) is not None:
            self._value = zlib.crc32(part, self._value)
