"""What is worth knowing about a training set without looking at its samples."""

from __future__ import annotations

from typing import Any, final

import attrs
import numpy as np

from .data_set import DataSet


@final
@attrs.frozen
class Header:
    """
    Name, kind and label counts of a training set.

    There is no time stamp: two sets made alike at different times are the same value.
    """

    name: str | None = None
    """What the set is called."""
    type: str | None = None
    """What a sample is, such as "grayscale-image"; for display only."""
    field_size: tuple[int, ...] = ()
    """How to lay one sample out for the eye, such as (28, 28)."""
    labels: tuple[Any, ...] | None = None
    """The class labels in target order, or None."""
    batch_counts: tuple[tuple[int, ...], ...] = attrs.field(default=(), repr=False)
    """For every batch, in unshuffled order, how often each label occurs; empty without labels."""
    valid_counts: tuple[int, ...] = attrs.field(default=(), repr=False)
    """How often each label occurs in the validation set; empty without one."""

    @property
    def batches(self) -> tuple[dict[Any, int], ...]:
        """For every batch, in unshuffled order, the labels in it with their counts."""
        return tuple(self._named(counts) for counts in self.batch_counts)

    @property
    def valid(self) -> dict[Any, int]:
        """The labels in the validation set with their counts."""
        return self._named(self.valid_counts)

    def _named(self, counts: tuple[int, ...]) -> dict[Any, int]:
        return {label: n for label, n in zip(self.labels or (), counts, strict=True) if n} if counts else {}


def count_labels(data: DataSet, batch: int) -> tuple[tuple[int, ...], ...]:
    """Return how often each label of ``data`` occurs in each of its batches; () if the targets are values."""
    if data.labels is None or data.y is None:
        return ()
    columns, n = data.y.argmax(axis=1), -(-len(data) // batch)
    slots = np.arange(len(data)) // batch * data.outputs + columns
    counts = np.bincount(slots, minlength=n * data.outputs).reshape(n, data.outputs)
    return tuple(map(tuple, counts.tolist()))
