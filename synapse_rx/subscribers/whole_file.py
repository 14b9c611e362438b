"""Pictures and the like: where they lie, and that nobody ever sees half of one."""

from __future__ import annotations

import re
from pathlib import Path

from ..files.atomic import replacing


def write_whole(path: Path, data: bytes) -> None:
    """
    Put ``data`` in the place of whatever is at ``path``, at once; missing folders are made.

    Raises:
        OSError: If that fails; what was there stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(data)


def file_name(name: str) -> str:
    """Return ``name`` with everything that is awkward in a file name replaced: "net 1" is "net-1"."""
    return re.sub(r"[^\w.@+-]+", "-", name).strip(".-") or "net"
