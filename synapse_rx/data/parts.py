"""Several inputs and several targets of each sample, joined to one row: how a data set holds them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from ..errors import DataError, LabelError
from ..typing import Shape
from .targets import Encoded, encode


def _shapes(value: Any) -> tuple[Shape, ...]:
    return tuple(tuple(shape) for shape in value)


def _labels(value: Any) -> tuple[tuple[Any, ...] | None, ...]:
    return tuple(None if labels is None else tuple(labels) for labels in value)


@attrs.frozen
class Parts:
    """What the rows of a data set are made of."""

    inputs: tuple[Shape, ...] = attrs.field(default=(), converter=_shapes)
    """The shape of each input; () if there is one."""
    targets: tuple[int, ...] = attrs.field(default=(), converter=tuple)
    """How many numbers each target has; () if there is one."""
    labels: tuple[tuple[Any, ...] | None, ...] = attrs.field(default=(), converter=_labels)
    """The classes of each target, None for values; of one that has steps those of every step."""
    shape: Shape = attrs.field(default=(), converter=tuple)
    """The shape of a sample's targets, where it has several axes, such as (steps, outputs); else ()."""

    @classmethod
    def of(cls, value: Any) -> Parts:
        """Return what `to_data` made plain, or the value itself."""
        return cls(**value) if isinstance(value, Mapping) else value

    def to_data(self) -> dict[str, Any]:
        """Return this as plain data."""
        return attrs.asdict(self)

    def check(self, sample_shape: Shape, outputs: int) -> None:
        """
        Check that rows of these shapes can be made of these parts.

        Raises:
            DataError: If not.
        """
        inputs, targets = sum(map(math.prod, self.inputs)), sum(self.targets)
        if self.inputs and sample_shape != (inputs,):
            raise DataError(
                f"inputs of {self.inputs} make rows of {inputs} numbers, not samples of {sample_shape}"
            )
        if self.targets and outputs not in (0, targets):
            raise DataError(f"targets of {self.targets} make rows of {targets} numbers, not {outputs}")
        if self.shape and outputs not in (0, math.prod(self.shape)):
            raise DataError(
                f"targets of {self.shape} make rows of {math.prod(self.shape)} numbers, not {outputs}"
            )

    def __bool__(self) -> bool:
        return bool(self.inputs or self.targets or self.shape)


def join_samples(samples: Any) -> tuple[Any, tuple[Shape, ...]]:
    """
    Return the samples of several inputs in one row each, and their shapes; those of one input as they are, and ().

    Several inputs are a tuple of at least two arrays (N, *shape).

    Raises:
        DataError: If one has more samples than another.
    """
    if not _are_inputs(samples):
        return samples, ()
    counts = [len(array) for array in samples]
    if len(set(counts)) > 1:
        raise DataError(f"several inputs have as many samples each, but there are {counts}")
    rows = [array.reshape(len(array), math.prod(array.shape[1:])) for array in samples]
    return np.concatenate(rows, axis=1), tuple(array.shape[1:] for array in samples)


def encode_targets(labels: Any, n: int, **options: Any) -> tuple[Encoded, Parts]:
    """
    Turn the labels of ``n`` samples into targets, as `encode` does; several, a tuple of arrays, joined to one row each.

    Raises:
        LabelError: If one of them does not fit the samples.
    """
    if not _are_targets(labels, n):
        found = encode(labels, n, **options)
        if found.shape and found.labels is not None:
            return Encoded(found.y, None), Parts(labels=(found.labels,), shape=found.shape)
        return found, Parts(shape=found.shape)
    if options.get("targets") == "steps":
        raise LabelError(
            "targets='steps' is about one output; give those of several as values (N, steps, classes)"
        )
    known = options.pop("known", None)
    if known is None:
        known = (None,) * len(labels)
    if len(known) != len(labels) or not all(one is None or isinstance(one, tuple) for one in known):
        raise LabelError(
            f"known_labels= of {len(labels)} targets are as many tuples of labels, None for values, not {known!r}"
        )
    found = [encode(array, n, known=one, **options) for array, one in zip(labels, known, strict=True)]
    y = np.concatenate([each.y for each in found], axis=1)
    return Encoded(y, None), Parts(
        targets=[each.y.shape[1] for each in found], labels=[e.labels for e in found]
    )


def _are_inputs(samples: Any) -> bool:
    several = isinstance(samples, tuple) and len(samples) > 1
    return several and all(isinstance(array, np.ndarray) and array.ndim > 1 for array in samples)


def _are_targets(labels: Any, n: int) -> bool:
    several = isinstance(labels, tuple) and len(labels) > 1
    arrays = several and all(isinstance(array, np.ndarray) and array.ndim for array in labels)
    # One that fits is enough: the others are told then that they do not.
    return arrays and any(len(array) == n for array in labels)
