"""Everything of this process that could have become more."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import tracemalloc
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import frozen

from synapse_rx.trainer import loops

LONG = 60.0
"""Seconds that no thread needs to end."""

OURS = (
    "synapse_rx",
    "asyncio",
    "_asyncio",
    "concurrent",
    "threading",
    "_thread",
    "reactivex",
    "starlette",
    "uvicorn",
)
"""The packages whose objects are counted; `_asyncio` has the tasks and futures."""

SLACK = 12
"""Objects of one kind that caches and the like may keep; whatever leaks once a cycle is hundreds."""

KILOBYTES = 512
"""Memory that all together may keep."""


@frozen
class Census:
    """
    What there is at one moment.

    Attributes:
        threads: The threads by name.
        files: The open file descriptors; none where the system does not tell.
        objects: The objects of these packages by kind.
        memory: Bytes that Python has allocated.
    """

    threads: Counter[str]
    files: int
    objects: Counter[str]
    memory: int

    @classmethod
    def now(cls) -> Census:
        """Count, once all threads that have nothing to do are gone and all garbage is collected."""
        for thread in threading.enumerate():
            if thread.name.startswith("synapse-rx-") and thread.name != "synapse-rx-loop":
                thread.join(LONG)
        loops.settle_background(LONG)
        for _ in range(3):  # what a finalizer lets go of may be garbage in its turn
            gc.collect()
        return cls(
            Counter(thread.name for thread in threading.enumerate()),
            _open_files(),
            Counter(kind for thing in gc.get_objects() if (kind := _kind(type(thing)))),
            tracemalloc.get_traced_memory()[0],
        )

    def check(self, before: Census, slack: int = SLACK) -> None:
        """Raise an AssertionError if there is more than there was before."""
        more = {kind: n - before.objects[kind] for kind, n in self.objects.items()}
        objects = {kind: n for kind, n in more.items() if n > slack}
        threads = self.threads - before.threads
        memory = self.memory - before.memory
        for what, left in (("objects", objects), ("threads", threads)):
            if left:
                raise AssertionError(f"{what} are left: {dict(left)}")
        if self.files > before.files:
            raise AssertionError(f"files are left open: {_names_of_open_files()}")
        if memory > 1024 * KILOBYTES:
            raise AssertionError(f"{memory / 1024:,.0f} KB of memory are left")


def tasks_left() -> list[Any]:
    """Return the tasks of the library's own loop that are not done."""
    loop = loops._loop  # pyright: ignore[reportPrivateUsage]
    return [] if loop is None else [task for task in asyncio.all_tasks(loop) if not task.done()]


def _open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def _names_of_open_files() -> list[str]:
    names = []
    for path in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # that of the folder itself is closed by now
            names.append(os.readlink(path))
    return names


def _kind(kind: type) -> str | None:
    module = kind.__module__
    if not isinstance(module, str) or module.partition(".")[0] not in OURS:
        return None
    return f"{module}.{kind.__qualname__}"
