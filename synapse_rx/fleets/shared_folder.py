"""A folder in memory that the workers of this machine share, which does not outlive its owner for long."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows, where files in use cannot be removed anyway
    fcntl = None

MEMORY = Path("/dev/shm")
"""A folder whose files are memory, where there is one."""
PREFIX = "synapse_rx-fleet-"
OWNER = "owner"
"""A file in it that its owner holds a lock on, which the system takes away when the owner ends, however it ends."""


def memory() -> Path:
    """Return the folder whose files are memory; the one for temporary files where there is none."""
    return MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())


class SharedFolder:
    """
    Makes a folder, and removes those that owners left behind who were killed.

    Attributes:
        path: Where it is.
    """

    def __init__(self, where: Path | None = None) -> None:
        where = where or memory()
        _sweep(where)
        self.path = tempfile.mkdtemp(prefix=PREFIX, dir=where)
        self._owner = _locked(Path(self.path))

    def remove(self) -> None:
        """Remove it with everything in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._owner.close()


def _locked(folder: Path) -> BinaryIO:
    """Return a file of this name that is locked already when others see it."""
    beginning = folder / f"{OWNER}.new"
    file = beginning.open("wb")
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX)
        beginning.rename(folder / OWNER)
    return file


def _sweep(where: Path) -> None:
    if fcntl is None:
        return
    for folder in where.glob(f"{PREFIX}*"):
        # Another user's, just being made, its owner alive, or swept by somebody else at this moment: not ours.
        with suppress(OSError), (folder / OWNER).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
