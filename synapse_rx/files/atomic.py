"""Write a file whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .uncached import Uncached

PART = ".part"
"""What the names of files end with that are not complete yet."""


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """
    Write what is to take the place of ``path``, which happens at the end of the block.

    It is written to a file beside it, synchronised with the disk and renamed, so that there is the old file or the new
    one at every moment, whatever happens to the process or to the machine.

    Raises:
        OSError: If it cannot be written; a file that was there is left as it is.
    """
    with _in_the_place_of(path) as part, open(part, "xb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def replacing_uncached(path: str | os.PathLike[str]) -> Iterator[Uncached]:
    """
    Do the same with a large file that nobody will read soon, from the beginning to the end.

    Raises:
        OSError: If it cannot be written; a file that was there is left as it is.
    """
    with _in_the_place_of(path) as part, open(part, "xb", buffering=0) as file:
        writer = Uncached(file.fileno())
        yield writer
        writer.finish()


def link(source: str | os.PathLike[str], path: str | os.PathLike[str]) -> None:
    """
    Let ``path`` be another name of the file ``source``, in the place of what was there.

    Raises:
        OSError: If it cannot be; a file that was there is left as it is.
    """
    with _in_the_place_of(path) as part:
        os.link(source, part)


def remove_parts(folder: str | os.PathLike[str]) -> None:
    """Remove what writers that were killed left behind in ``folder``; nobody may be writing there."""
    for part in Path(folder).glob(f".*{PART}"):
        part.unlink(missing_ok=True)


@contextmanager
def _in_the_place_of(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give the name of a file beside ``path`` that takes its place at the end of the block."""
    target = Path(path)
    part = target.with_name(f".{target.name}.{secrets.token_hex(6)}{PART}")
    try:
        yield part
        os.replace(part, target)
    except OSError as error:
        if error.filename == str(part):  # of which nobody has heard
            error.filename = str(target)
        raise
    finally:
        # It is still there after an error, and where both are names of the same file.
        part.unlink(missing_ok=True)
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name last, where a folder can be synchronised at all."""
    if os.name == "posix":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
