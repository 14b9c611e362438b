"""The base of subscribers that write a text file."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from .follower import Follower
from .text_file import TextFile


class FileLog(Follower):
    """
    Writes one file for all its networks.

    Args:
        path: Where; missing folders are made.
        append: Go on behind what is there; else begin anew.

    Raises:
        OSError: If the file cannot be opened.
    """

    def __init__(self, path: str | PathLike[str], *, append: bool = False) -> None:
        self._path = Path(path)
        self._open: TextFile | None = TextFile(path, append=append)
        super().__init__()

    @property
    def path(self) -> Path:
        """Where it writes."""
        return self._path

    @property
    def _file(self) -> TextFile:
        """The file, opened again after it was closed."""
        if self._open is None:
            self._open = TextFile(self._path, append=True)
        return self._open

    def _release(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def __repr__(self) -> str:
        return super().__repr__().replace(",", f" {str(self._path)!r},", 1)
