"""The tape: what was computed from traced arrays, in order."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple, Protocol

from ..errors import GradientError
from ..typing import Array

_levels = itertools.count()


class Step(Protocol):
    """What a tape asks of the operation it records."""

    def gradient(
        self, position: int, g: Array, y: Array, values: tuple[Any, ...], options: dict[str, Any]
    ) -> Array | None:
        """Return dL/dvalues[position] for g = dL/dy, or None for zeros."""
        ...


class Record(NamedTuple):
    """One operation: its result, what it was given, and which of that is traced."""

    step: Step
    y: Array
    values: tuple[Any, ...]
    options: dict[str, Any]
    parents: tuple[tuple[int, int], ...]
    """Pairs of a position in ``values`` and the number of the traced array that stood there."""


class Tape:
    """
    The operations of one call, numbered in the order they happened; every call has its own.

    Records refer to each other by number alone, so a tape of any length is walked and freed without recursion. What
    they hold are the values below this tape: plain arrays, or traced ones of an outer call, which is how derivatives
    of derivatives work.
    """

    __slots__ = ("_numbers", "_records", "closed", "level", "recording")

    def __init__(self, *, recording: bool = True) -> None:
        self.level = next(_levels)
        self.recording = recording
        self.closed = False
        self._numbers = itertools.count()
        self._records: dict[int, Record] = {}

    def __len__(self) -> int:
        return len(self._records)

    def number(self) -> int:
        """Return a new number, for an array that enters the tape."""
        return next(self._numbers)

    def record(self, record: Record) -> int:
        """
        Keep one operation, unless nothing is recorded, and return the number of its result.

        Raises:
            GradientError: If the call the tape belongs to is over.
        """
        if self.closed:
            raise GradientError(
                "a traced array is used after the call that traced it; return what you need from the function, "
                "and keep other numbers with stop_gradient(x)"
            )
        number = next(self._numbers)
        if self.recording:
            self._records[number] = record
        return number

    def pull(self, gradients: dict[int, Array], *, keep: bool) -> dict[int, Array]:
        """
        Pass gradients back to the arrays that entered the tape.

        Args:
            gradients: dL/dy by number; changed.
            keep: Leave the records for another time; otherwise each is freed once it is done with.

        Returns:
            dL/dx by number, for what entered the tape and matters.
        """
        for number in sorted(self._records, reverse=True):  # later numbers depend on earlier ones alone
            record = self._records[number] if keep else self._records.pop(number)
            g = gradients.pop(number, None)
            if g is None:
                continue
            for position, parent in record.parents:
                dx = record.step.gradient(position, g, record.y, record.values, record.options)
                if dx is None:
                    continue
                dtype = record.values[position].dtype
                if dx.dtype != dtype:
                    dx = dx.astype(dtype)
                held = gradients.get(parent)
                gradients[parent] = dx if held is None else held + dx
        return gradients

    def close(self) -> None:
        """Free every record and refuse new ones."""
        self.closed = True
        self._records.clear()
