"""A file that is only ever whole: what cannot be written completely is taken back."""

from __future__ import annotations

import os
import weakref
from contextlib import suppress
from io import FileIO
from os import PathLike
from pathlib import Path

from ..files.atomic import replacing


class TextFile:
    """
    A text file that is written to in pieces, each of them completely or not at all.

    Args:
        path: Where; missing folders are made.
        append: Go on behind what is there; else begin anew.

    Raises:
        OSError: If it cannot be opened.
    """

    def __init__(self, path: str | PathLike[str], *, append: bool = False) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._opened("ab" if append else "wb")
        self._size = self._file.seek(0, os.SEEK_END)

    def write(self, text: str) -> None:
        """
        Write ``text`` behind what is there.

        Raises:
            OSError: If that fails, as on a full disk; the file is what it was.
        """
        self.write_bytes(text.encode())

    def write_bytes(self, piece: bytes | bytearray) -> None:
        """
        Write ``piece`` behind what is there, as `write` does.

        Raises:
            OSError: If that fails; the file is what it was.
        """
        data = memoryview(bytes(piece))
        try:
            self._file.seek(self._size)
            written = 0
            while written < len(data):
                written += self._file.write(data[written:]) or 0
            self._size += written
        except OSError:
            with suppress(OSError):
                self._file.truncate(self._size)
            raise

    def replace(self, text: str) -> None:
        """
        Put ``text`` in the place of all that is there.

        Raises:
            OSError: If that fails; the file is what it was.
        """
        with replacing(self.path.resolve()) as file:
            file.write(text.encode())
        self._file.close()
        self._file = self._opened("ab")
        self._size = self._file.seek(0, os.SEEK_END)

    def read(self) -> str:
        """Return all that is there."""
        return self.path.read_bytes().decode()

    def first_line(self) -> str:
        """Return the first line; empty where there is none, or the file is none that could be read."""
        if not self.path.is_file():
            return ""
        with open(self.path, encoding="utf-8", newline="") as file:
            return file.readline()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _opened(self, mode: str) -> FileIO:
        # Unbuffered: what is written is there for others to read, also if the process ends badly.
        file = FileIO(self.path, mode)
        # Whoever is dropped together with its network is not closed by anybody. The end of the process does it without.
        weakref.finalize(self, file.close).atexit = False
        return file
