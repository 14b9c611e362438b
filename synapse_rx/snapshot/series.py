"""A history of numbers that grows in O(1) and never changes what was handed out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from threading import Lock
from typing import Any

import numpy as np

from ..typing import Array

_APPENDING = Lock()


class Series:
    """
    An immutable sequence of floats, made longer by `append`, which returns a new one.

    Successive versions share one growing buffer: appending to the newest writes behind its end (amortised O(1)),
    appending to an older one copies first, so histories that branch off never see each other. ``np.asarray(series)``
    reads it without copying. Equal are series of the same bits, so NaN equals itself.
    """

    __slots__ = ("_buffer", "_n")

    def __init__(self, values: Iterable[float] = ()) -> None:
        array = np.array(values if isinstance(values, np.ndarray) else list(values), np.float64).reshape(-1)
        self._n = array.size
        self._buffer = _Buffer(array, array.size)

    def append(self, value: float) -> Series:
        """Return this history with ``value`` behind it."""
        number = float(value)
        with _APPENDING:
            buffer = self._buffer
            if buffer.used != self._n or buffer.array.size == self._n:
                grown = np.empty(max(8, 2 * self._n), np.float64)
                grown[: self._n] = buffer.array[: self._n]
                buffer = _Buffer(grown, self._n)
            buffer.array[self._n] = number
            buffer.used += 1
        return _of(buffer, self._n + 1)

    def extend(self, values: Sequence[float]) -> Series:
        """Return this history with all of ``values`` behind it, in order."""
        if len(values) == 1:
            return self.append(values[0])
        n = self._n + len(values)
        with _APPENDING:
            buffer = self._buffer
            if buffer.used != self._n or buffer.array.size < n:
                grown = np.empty(max(8, 2 * self._n, n), np.float64)
                grown[: self._n] = buffer.array[: self._n]
                buffer = _Buffer(grown, self._n)
            buffer.array[self._n : n] = values
            buffer.used = n
        return _of(buffer, n)

    def since(self, n: int) -> list[float]:
        """Return the values behind the first ``n``, as plain numbers."""
        if self._n == n + 1:  # by far the commonest
            return [self._buffer.array.item(n)]
        return self._buffer.shown[n : self._n].tolist()

    def goes_on_from(self, start: Series) -> bool:
        """Return whether ``start`` is how this history begins; O(1) for one that was appended to lately."""
        if self._n < start._n:
            return False
        return self._buffer is start._buffer or self.array[: start._n].tobytes() == start.array.tobytes()

    @property
    def array(self) -> Array:
        """The values as a read-only numpy array of float64, without a copy."""
        return self._buffer.shown[: self._n]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        view = self.array
        converts = dtype is not None and np.dtype(dtype) != view.dtype
        if converts and copy is False:
            raise ValueError(f"a history is float64; as {np.dtype(dtype)} it must be copied")
        return np.array(view, dtype=dtype) if copy or converts else view

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, key: Any) -> Any:
        picked = self.array[key]
        return picked if isinstance(picked, np.ndarray) else float(picked)

    def __iter__(self) -> Iterator[float]:
        return iter(self.array.tolist())

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Series):
            return NotImplemented
        return self._n == other._n and self.array.tobytes() == other.array.tobytes()

    def __hash__(self) -> int:
        return hash((self._n, self.array[-1:].tobytes()))

    def __reduce__(self) -> Any:
        return Series, (np.array(self.array),)

    def __repr__(self) -> str:
        shown = [f"{value:.4g}" for value in self.array[-3:]]
        return f"<Series of {self._n}{': ' if shown else ''}{'... ' if self._n > 3 else ''}{' '.join(shown)}>"


def _of(buffer: _Buffer, n: int) -> Series:
    series = object.__new__(Series)
    series._buffer = buffer  # pyright: ignore[reportPrivateUsage]
    series._n = n  # pyright: ignore[reportPrivateUsage]
    return series


class _Buffer:
    """
    Memory shared by the versions of one history; ``used`` is the length of the newest.

    It is shown to others through a memoryview that cannot be made writable, unlike a view of the array itself.
    """

    __slots__ = ("array", "shown", "used")

    def __init__(self, array: Array, used: int) -> None:
        self.array = array
        self.shown: Array = np.frombuffer(memoryview(array).toreadonly(), np.float64)
        self.used = used
