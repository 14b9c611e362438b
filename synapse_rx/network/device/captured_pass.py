"""The same work on every batch of a data set that lies on a device, captured once and launched again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...backends import Backend
from ...backends.cuda import Graph, Record
from ...typing import Array, Shape
from .resident import Resident

Work = Callable[[Any, Array, Any, Array], Any]
"""Writes the errors of samples x with targets t and weights, (kinds, n), and returns the outputs."""


class CapturedPass:
    """
    Works on one batch after the other, where nothing in that hangs on the host.

    Args:
        backend: Where to compute.
        resident: The batches.
        record: Writes errors, and counts.
        feed: What the batches are of.
        work: What is done with a batch.
        rows: Where errors of all samples are written, (kinds, samples).
        changes: Gives what else is changed and read again.
        generator: Draws, which it may not here.
    """

    def __init__(
        self,
        backend: Backend,
        resident: Resident,
        record: Record,
        feed: Any,
        work: Work,
        rows: Array,
        changes: Callable[[], Sequence[Array]],
        generator: Any,
    ) -> None:
        xp = backend.xp
        self._backend, self._resident, self._feed, self._work = backend, resident, feed, work
        self._record, self._rows, self._changes, self._generator = record, rows, changes, generator
        self._errors, self._at = xp.empty((len(rows), feed.batch), rows.dtype), xp.zeros(3, np.int64)
        self._stands: int | None = None
        self._outputs: dict[int, Any] = {}
        self._steps: dict[tuple[int, bool], Callable[[], None]] = {}
        self._draws = False

    @classmethod
    def of(
        cls,
        backend: Backend,
        feed: Any,
        in_shape: Shape,
        work: Work,
        rows: Array,
        changes: Callable[[], Sequence[Array]],
        generator: Any,
    ) -> CapturedPass | None:
        """Return what works on the batches of a feed; None where that must be done one thing after the other."""
        if not backend.captures or backend.kernels is None:
            return None
        record = backend.kernels.get(Record, rows.dtype)
        resident = Resident.of(backend, feed, in_shape, rows.dtype)
        if resident is None or record is None:
            return None
        return cls(backend, resident, record, feed, work, rows, changes, generator)

    @property
    def serves(self) -> bool:
        """Whether nothing spoke against capturing so far."""
        return not self._draws and not any(
            isinstance(step, Graph) and step.refused for step in self._steps.values()
        )

    def take(self, index: int) -> Any:
        """Work on batch ``index``, and return its outputs."""
        first, last = self._feed.span(index)
        key = last - first, self._resident.key
        if self._stands != index:
            self._resident.begin()
            self._at[...] = self._backend.from_host(np.array([first, 0, 0]))
        if key not in self._steps:
            self._steps[key] = self._made(*key)
        drawn = getattr(self._generator, "count", 0)
        self._steps[key]()
        self._draws = self._draws or getattr(self._generator, "count", 0) != drawn
        self._stands = index + 1
        return self._outputs[key[0]]

    def _made(self, n: int, key: bool) -> Callable[[], None]:
        # By names of its own: who holds each other is let go of when garbage is collected.
        resident, work, rows, at, changes = self._resident, self._work, self._rows, self._at, self._changes
        record, outputs, errors = self._record, self._outputs, self._errors

        def step() -> None:
            outputs[n] = work(*resident.batch(n, at, key), errors[:, :n])
            record(errors, rows, n, at)

        return self._backend.repeated(step, lambda: [rows, at, *changes()])
