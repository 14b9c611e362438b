"""Arithmetic written down: numbers that note what is done to them instead of doing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

_KNOWN: dict[str, Callable[..., Any]] = {
    "fadd": np.add,
    "fsub": np.subtract,
    "fmul": np.multiply,
    "fdiv": np.divide,
}


class Tape:
    """
    Operations on float32 numbers, each noted once.

    Attributes:
        operations: In an order in which they can be done: ("load", array, place), ("constant", value), ("exp", number),
            ("fadd", number, number) and so on; numbers are places on the tape.
    """

    def __init__(self) -> None:
        self.operations: list[tuple[Any, ...]] = []
        self._places: dict[tuple[Any, ...], int] = {}

    def note(self, *operation: Any, value: Any = None) -> Number:
        """Return the result of an operation, which is noted if it is new."""
        place = self._places.get(operation)
        if place is None:
            place = self._places[operation] = len(self.operations)
            self.operations.append(operation)
        return Number(self, place, value)

    def constant(self, value: Any) -> Number:
        """Return a number that is known."""
        single = np.float32(value)
        return self.note("constant", float(single), value=single)


class Number:
    """
    A number that stands on a tape.

    Attributes:
        place: Where.
        value: What it is, if that is known.
    """

    __slots__ = ("_tape", "place", "value")
    __array_ufunc__ = None  # numpy's numbers leave arithmetic to this class

    def __init__(self, tape: Tape, place: int, value: Any) -> None:
        self._tape, self.place, self.value = tape, place, value

    def __add__(self, other: Any) -> Number:
        return _noted("fadd", self, self.like(other))

    def __radd__(self, other: Any) -> Number:
        return _noted("fadd", self.like(other), self)

    def __sub__(self, other: Any) -> Number:
        return _noted("fsub", self, self.like(other))

    def __rsub__(self, other: Any) -> Number:
        return _noted("fsub", self.like(other), self)

    def __mul__(self, other: Any) -> Number:
        return _noted("fmul", self, self.like(other))

    def __rmul__(self, other: Any) -> Number:
        return _noted("fmul", self.like(other), self)

    def __truediv__(self, other: Any) -> Number:
        return _noted("fdiv", self, self.like(other))

    def __rtruediv__(self, other: Any) -> Number:
        return _noted("fdiv", self.like(other), self)

    def __neg__(self) -> Number:
        return self.apply("fneg")

    def __abs__(self) -> Number:
        return self.apply("abs")

    def apply(self, name: str, *others: Any) -> Number:
        """Return a function of this number and others."""
        return self._tape.note(name, self.place, *(self.like(other).place for other in others))

    def like(self, value: Any) -> Number:
        """Return a value as a number on the same tape."""
        return value if isinstance(value, Number) else self._tape.constant(value)


def _noted(name: str, one: Number, other: Number) -> Number:
    """Return the result of two numbers, without a note where it is known."""
    if one.value is not None and other.value is not None:
        return one.like(_KNOWN[name](one.value, other.value))
    if name == "fmul" and other.value == 1:
        return one
    if name == "fmul" and one.value == 1:
        return other
    return one.apply(name, other)


class Memory:
    """
    An array of numbers that a kernel reads and writes: what is read is loaded once, what is written stored at the end.

    Args:
        tape: Where loads are noted.
        name: What it is called there; None for one that is no more than notes of the kernel itself.
        width: Numbers in a row of an array of two dimensions.
        one: The column that is always 1.
        length: What `len` gives.
        blank: What stands in every place at first.
    """

    dtype = np.dtype(np.float32)

    def __init__(
        self,
        tape: Tape,
        name: str | None,
        width: int = 0,
        *,
        one: int | None = None,
        length: int = 0,
        blank: Number | None = None,
    ) -> None:
        self._tape, self._name, self._width, self._one, self._length = tape, name, width, one, length
        self._blank = blank
        self._cells: dict[int, Number] = {}
        self.written: dict[int, Number] = {}

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, key: Any) -> Number:
        at = self._at(key)
        if at not in self._cells:
            if self._one is not None and at % self._width == self._one:
                return self._tape.constant(1)
            if self._blank is not None:
                return self._blank
            assert self._name is not None, "a kernel reads what it has not written"
            self._cells[at] = self._tape.note("load", self._name, at)
        return self._cells[at]

    def __setitem__(self, key: Any, value: Number) -> None:
        at = self._at(key)
        self._cells[at] = self.written[at] = value

    def stores(self) -> Iterator[tuple[str, int, int]]:
        """Yield what is written: array, place in it, place of the number on the tape."""
        assert self._name is not None
        for at in sorted(self.written):
            yield self._name, at, self.written[at].place

    def _at(self, key: Any) -> int:
        return int(key[0]) * self._width + int(key[1]) if isinstance(key, tuple) else int(key)


class Rows:
    """
    An array whose rows lie in several places.

    Args:
        rows: Each of them.
    """

    def __init__(self, rows: Sequence[Memory]) -> None:
        self._rows = rows

    def __getitem__(self, key: Any) -> Number:
        return self._rows[int(key[0])][key[1]]

    def __setitem__(self, key: Any, value: Number) -> None:
        self._rows[int(key[0])][key[1]] = value
