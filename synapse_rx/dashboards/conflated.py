"""What is worked out for many who ask, no more often than it is worth."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic, thread_time
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from ..atoms import Atom
from ..params import Params
from ..snapshot import Net

SHARE = 0.05
"""Of a processor that one thing of one network may take while it is looked at."""

T = TypeVar("T")


class Conflated:
    """
    Works things out of the newest snapshots, once for all who ask; what has just been worked out at great cost is told
    a while longer.

    May be called from any thread; of one network and key one works, and the others get the earlier value, or wait if
    there is none.
    """

    def __init__(self) -> None:
        self._found: WeakKeyDictionary[Atom[Net], dict[Hashable, Newest[Any]]] = WeakKeyDictionary()
        self._lock = Lock()

    def newest(self, cell: Atom[Net], key: Hashable, work: Callable[[Net], T]) -> T:
        """Return what ``work`` makes of the newest snapshot, or what it made of an earlier one just now."""
        with self._lock:
            found: Newest[T] = self._found.setdefault(cell, {}).setdefault(key, Newest())
        try:
            return found.of(cell.value, work)
        except BaseException:
            with self._lock:  # what cannot be worked out is not remembered, whatever it is called
                self._found[cell].pop(key, None)
            raise


class Newest(Generic[T]):
    """One thing, as it was worked out last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._params: Params | None = None
        self._value: Any = None
        self._until = 0.0

    def of(self, net: Net, work: Callable[[Net], T]) -> T:
        """Return what ``work`` makes of a snapshot, or what it made of an earlier one if that was just now."""
        if not self._lock.acquire(blocking=self._params is None):
            return self._value  # another thread is at it; the earlier one will do meanwhile
        try:
            if self._params is not None and (self._params is net.params or monotonic() < self._until):
                return self._value
            spent = -thread_time()
            self._value = work(net)
            spent += thread_time()
            self._params, self._until = net.params, monotonic() + spent / SHARE
            return self._value
        finally:
            self._lock.release()
