"""Write a file whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

PART = ".part"
"""What the names of files end with that are not complete yet."""


@contextmanager
def replacing(path: str | os.PathLike[str], *, cached: bool = True) -> Iterator[BinaryIO]:
    """
    Write what is to take the place of ``path``, which happens at the end of the block.

    It is written to a file beside it, synchronised with the disk and renamed, so that there is the old file or the new
    one at every moment, whatever happens to the process or to the machine.

    Args:
        path: The file.
        cached: Whether the system is to keep it in memory, as it does by itself. Large files that nobody will read
            soon take memory there that the program could use.

    Raises:
        OSError: If it cannot be written; a file that was there is left as it is.
    """
    target = Path(path)
    part = _part(target)
    try:
        with open(part, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if not cached:
                _forget(file.fileno())
        os.replace(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def link(source: str | os.PathLike[str], path: str | os.PathLike[str]) -> None:
    """
    Let ``path`` be another name of the file ``source``, in the place of what was there.

    Raises:
        OSError: If it cannot be; a file that was there is left as it is.
    """
    target = Path(path)
    part = _part(target)
    try:
        os.link(source, part)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)  # it stays where the two are the same file already
    _sync_folder(target.parent)


def remove_parts(folder: str | os.PathLike[str]) -> None:
    """Remove what writers that were killed left behind in ``folder``; nobody may be writing there."""
    for part in Path(folder).glob(f".*{PART}"):
        part.unlink(missing_ok=True)


def _part(target: Path) -> Path:
    return target.with_name(f".{target.name}.{secrets.token_hex(6)}{PART}")


def _forget(number: int) -> None:
    """Let the system drop what it keeps of a file that is on the disk."""
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):
            os.posix_fadvise(number, 0, 0, os.POSIX_FADV_DONTNEED)


def _sync_folder(folder: Path) -> None:
    """Make the new name last, where a folder can be synchronised at all."""
    if os.name == "posix":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
