"""
The threads that kernels share their work among: as many as matrix products have.

One number, that of BLAS threads (`synapse_rx.train`, ``blas_threads``, or threadpoolctl anywhere), says how many cores
a process computes on; kernels release the interpreter's lock and go by the same number.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache, partial
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any

Part = Callable[[int, int, int], None]
"""Does the work of one thread, given its number, its first piece and the one behind its last."""


SMALL = 1_000_000
"""Networks with fewer parameters than this train faster on one BLAS thread (784-100-10 on two cores: 25-40 %)."""


def default_threads(parameters: int) -> int | None:
    """Return 1 for small networks, None (as many as there are, shared with other trainings) for large ones."""
    return 1 if parameters < SMALL else None


def threads() -> int:
    """Return how many threads matrix products have at the moment."""
    return min((library.num_threads or 1 for library in _libraries()), default=1)


def share(pieces: int, most: int, part: Part) -> int:
    """
    Let up to ``most`` threads, this one among them, do ``part`` of as many pieces of work; return how many did.

    Which pieces a thread gets depends on the numbers alone, so that what threads add up is the same every time.
    """
    hands = max(1, min(pieces, most))
    ends = [pieces * hand // hands for hand in range(hands + 1)]
    others = [_HELPERS.ask(partial(part, hand, ends[hand], ends[hand + 1])) for hand in range(1, hands)]
    try:
        part(0, ends[0], ends[1])
    finally:
        # What they work in is this thread's: nobody goes on before they are done.
        errors = [other.exception() for other in others]
    for error in errors:
        if error is not None:
            raise error
    return hands


class _Helpers:
    """Threads that wait for work, as many as were ever needed at a time but no more than there are cores."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._jobs: SimpleQueue[tuple[Callable[[], None], Future[None]]] = SimpleQueue()
        self._threads = 0
        self._asked = 0

    def ask(self, job: Callable[[], None]) -> Future[None]:
        """Have a job done; return what knows when it is."""
        done: Future[None] = Future()
        with self._lock:
            self._asked += 1
            if self._asked > self._threads and self._threads < max(2, os.cpu_count() or 1):
                self._threads += 1
                # A daemon: the interpreter does not wait for it.
                Thread(target=self._work, name=f"synapse_rx-kernels-{self._threads}", daemon=True).start()
        self._jobs.put((job, done))
        return done

    def _work(self) -> None:
        while True:
            job, done = self._jobs.get()
            try:
                job()
            except BaseException as error:
                done.set_exception(error)
            else:
                done.set_result(None)
            with self._lock:
                self._asked -= 1
            del job, done

    def forget(self) -> None:
        """Begin anew in a forked child, where none of the threads is."""
        self.__init__()


_HELPERS = _Helpers()
os.register_at_fork(after_in_child=_HELPERS.forget)


@cache
def _libraries() -> list[Any]:
    # Looked for once, since it scans the loaded libraries: numpy's is the one that counts.
    import numpy  # noqa: F401  # pyright: ignore[reportUnusedImport]
    from threadpoolctl import ThreadpoolController  # pyright: ignore[reportMissingTypeStubs]

    every: Any = ThreadpoolController()
    return list(every.select(user_api="blas").lib_controllers)[:1]
