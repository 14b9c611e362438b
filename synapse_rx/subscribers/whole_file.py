"""Files that nobody ever sees half written."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """
    Put ``data`` in the place of whatever is at ``path``, at once; missing folders are made.

    Raises:
        OSError: If that fails; what was there stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_bytes(data)
        os.replace(new, path)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise


def file_name(name: str) -> str:
    """Return ``name`` with everything that is awkward in a file name replaced: "net 1" is "net-1"."""
    return re.sub(r"[^\w.@+-]+", "-", name).strip(".-") or "net"
