"""Settings of the whole process while anything trains: BLAS threads and the interpreter's switch interval."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import Any

from .. import fast

SHORT = 5e-4
"""
Seconds after which a busy thread gives the interpreter's lock to a training that wants it between chunks.

Such a training asks for it once an epoch or every 50 ms, and learns nothing while it waits. With Python's own 5 ms a
small network beside a busy event loop keeps half of its speed, with this 85 %; the loop keeps 93 to 95 % of its with
either (784-100-10, epochs of 4096 samples, 12 ms). A tenth of this brings no more.
"""


class ProcessSettings:
    """
    Applies the strictest of what live trainings ask for, and restores what was there when the last one ends.

    BLAS threads: the least number asked for. Where several train at once, those that asked for none share what there
    is: on a machine of eight cores two get four each, since more threads than cores get in each other's way. Switch
    interval: the shortest.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked: dict[object, tuple[int | None, float | None]] = {}
        self._limited_to: int | None = None
        self._blas_threads: list[int] = []
        self._interval: float | None = None

    def ask(self, owner: object, blas_threads: int | None, switch_interval: float | None) -> None:
        """Register what ``owner`` needs; None where it does not care."""
        with self._lock:
            self._asked[owner] = (blas_threads, switch_interval)
            self._apply()

    def release(self, owner: object) -> None:
        """Forget what ``owner`` needed."""
        with self._lock:
            self._asked.pop(owner, None)
            self._apply()

    def forget(self) -> None:
        """Forget all owners in a forked child, where none of them trains."""
        self._lock = Lock()
        self._asked.clear()
        self._apply()

    def rescan(self) -> None:
        """Look for libraries again, since one was loaded that trainings use."""
        with self._lock:
            limited, self._limited_to = self._limited_to, None
            for library, threads in zip(_blas_libraries(), self._blas_threads, strict=False):
                _set_threads(library, threads)
            _blas_libraries.cache_clear()
            if limited is not None:
                self._apply_blas(limited)

    def _apply(self) -> None:
        self._apply_blas(self._wanted())
        self._apply_interval(min((s for _, s in self._asked.values() if s is not None), default=None))

    def _wanted(self) -> int | None:
        """Return how many BLAS threads there are to be; None for as many as there were."""
        asked = [threads for threads, _ in self._asked.values()]
        least = [threads for threads in asked if threads is not None]
        if None in asked and len(asked) > 1 and (whole := self._whole()):
            least.append(max(1, whole // len(asked)))
        return min(least, default=None)

    def _whole(self) -> int:
        """Return how many BLAS threads there were before anything trained."""
        if self._limited_to is not None:
            return max(self._blas_threads, default=0)
        return max((library.num_threads for library in _blas_libraries()), default=0)

    def _apply_blas(self, wanted: int | None) -> None:
        if wanted == self._limited_to:
            return
        libraries = _blas_libraries()
        if self._limited_to is None:
            self._blas_threads = [library.num_threads for library in libraries]
        for library, threads in zip(libraries, self._blas_threads, strict=True):
            _set_threads(library, threads if wanted is None else wanted)
        self._limited_to = wanted

    def _apply_interval(self, wanted: float | None) -> None:
        if wanted is None:
            if self._interval is not None:
                sys.setswitchinterval(self._interval)
                self._interval = None
            return
        if self._interval is None:
            self._interval = sys.getswitchinterval()
        sys.setswitchinterval(wanted)


@cache
def _blas_libraries() -> list[Any]:
    # Imported and looked for once, when first needed: it scans the loaded libraries, which takes milliseconds. The one
    # that numpy computes with is there from the beginning, that of compiled kernels when these are (`rescan`); what
    # other packages load later is not used in training.
    from threadpoolctl import ThreadpoolController  # pyright: ignore[reportMissingTypeStubs]

    every: Any = ThreadpoolController()
    return list(every.select(user_api="blas").lib_controllers)


def _set_threads(library: Any, threads: int) -> None:
    # Since 3.7 threadpoolctl listens, for OpenBLAS, to the thread that spoke first and silently ignores all others.
    # A training ends on another thread than it began, so whoever spoke first is forgotten, before and after.
    forget: Callable[..., None] = getattr(library, "clear_controlling_thread", _nothing)
    forget(force=True)
    library.set_num_threads(threads)
    forget(force=True)


def _nothing(*, force: bool) -> None:
    pass


SETTINGS = ProcessSettings()
"""The process's settings."""

fast.WHEN_LOADED.append(SETTINGS.rescan)


def default_switch_interval(learner: Any) -> float | None:
    """
    Return a short one where the lock is wanted seldom; None where it is wanted at every operation.

    A learner that goes from batch to batch in Python would ask a thousand times a second, and a busy thread give half
    of its speed away. Nobody's interval is made longer.
    """
    seldom = getattr(learner, "in_chunks", False)  # few kinds of learners know of chunks
    return SHORT if seldom and sys.getswitchinterval() >= 0.99 * SHORT else None
