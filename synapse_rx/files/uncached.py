"""Write large files that nobody reads soon, past what the system keeps of files in memory."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from mmap import mmap

import numpy as np

if sys.platform == "linux":
    from fcntl import F_GETFL, F_SETFL, fcntl

ROOM = 1 << 20
"""Bytes that are written at a time."""


class Uncached:
    """
    Writes a file from its beginning to its end, and leaves no memory behind.

    A system keeps what is written in memory that was free until then, in case that somebody reads it, and writes it to
    the disk from there. Where the disk can, it is written from a little memory of our own instead (``O_DIRECT``, on
    Linux); elsewhere the system is told afterwards that it need not keep it.

    Args:
        number: The descriptor of an empty file that is open for writing.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        # Pages, because disks take whole blocks from addresses where blocks begin.
        self._room = np.frombuffer(mmap(-1, ROOM), np.uint8)
        self._filled = 0
        _set_direct(number, True)

    def write(self, data: bytes | memoryview) -> None:
        """
        Go on with ``data``.

        Raises:
            OSError: If it cannot be written.
        """
        left = np.frombuffer(data, np.uint8)
        while left.size:
            part = left[: ROOM - self._filled]
            self._room[self._filled : self._filled + part.size] = part
            self._filled += part.size
            left = left[part.size :]
            if self._filled == ROOM:
                self._empty()

    def finish(self) -> None:
        """
        Write what is left, and synchronise the file with the disk.

        Raises:
            OSError: If it cannot be written.
        """
        _set_direct(self._number, False)  # the end of a file need not be that of a block
        self._empty()
        os.fsync(self._number)
        if sys.platform == "linux":
            with suppress(OSError):
                os.posix_fadvise(self._number, 0, 0, os.POSIX_FADV_DONTNEED)

    def _empty(self) -> None:
        left = self._room[: self._filled].data
        while left:
            try:
                left = left[os.write(self._number, left) :]
            except OSError:
                if not _set_direct(self._number, False):
                    raise
        self._filled = 0


def _set_direct(number: int, direct: bool) -> bool:
    """Have the system write to the disk directly, or not; return whether that is anything new."""
    if sys.platform != "linux":
        return False
    flags = fcntl(number, F_GETFL)
    if bool(flags & os.O_DIRECT) == direct:
        return False
    try:
        fcntl(number, F_SETFL, flags ^ os.O_DIRECT)
    except OSError:  # not every file system can
        return False
    return True
