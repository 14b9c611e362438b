"""The value that samples and targets travel in."""

from __future__ import annotations

from functools import partial
from typing import Any, SupportsIndex, final

import attrs
import numpy as np

from ..errors import DataError, LabelError
from ..frozen import frozen
from ..typing import Shape
from .normalization import Normalization
from .options import check_censored, check_choice, check_scale
from .parts import Parts
from .samples import describe, to_samples
from .targets import check_finite_targets
from .weights import to_weights

PIECE = 1 << 20
"""Bytes compared together."""


def _optional(value: Any) -> Normalization | None:
    return None if value is None else Normalization.of(value)


@final
@attrs.frozen(eq=False, repr=False, slots=True)
class DataSet:
    """
    Samples ``x * scale`` and their targets ``y``.

    A value: equal by content, hashable, and its arrays cannot be written to. What it is made from is copied unless it
    cannot be written to either, so a slice costs nothing, and samples in a file that is mapped read-only stay there.

    Shapes:
        x (N, *sample_shape), y (N, outputs), weights (N,)

    Raises:
        DataError: If the samples are empty, not numbers, ragged or not finite, or a weight is negative.
        LabelError: If the targets are no finite numbers (N, outputs) or do not fit ``labels``.
    """

    x: np.ndarray = attrs.field(converter=to_samples)
    """The samples: float32, or float64 or uint8 when given as an array of these. Read-only."""
    y: np.ndarray | None = None
    """The targets: float32 (float64 beside float64 samples), or None. Read-only."""
    labels: tuple[Any, ...] | None = None
    """The class label of every column of ``y``; None if the targets are values."""
    scale: float = attrs.field(default=1.0, converter=check_scale, kw_only=True)
    """What the samples are multiplied by when learnt: 1/255 lets 8-bit images stay 8-bit in memory."""
    weights: np.ndarray | None = attrs.field(default=None, kw_only=True)
    """How often each sample counts: 2 like two samples, 0 like none; None if each counts once. Read-only."""
    censored: bool = attrs.field(default=False, kw_only=True, converter=check_censored)
    """Targets may be missing: NaN, which only a `Censored` loss can learn from."""
    normalization: Normalization | None = attrs.field(default=None, kw_only=True, converter=_optional)
    """What was done to `x`: floats are kept as they are learnt, 8-bit samples as they were; None for raw samples."""
    parts: Parts = attrs.field(default=Parts(), kw_only=True, converter=Parts.of)
    """What the rows of `x` and `y` are made of, where there are several inputs or several targets."""

    def __attrs_post_init__(self) -> None:
        assign = partial(object.__setattr__, self)
        kind = "float64" if self.x.dtype == np.float64 else "float32"
        if self.y is not None:
            assign("y", _to_targets(self.y, len(self), kind, self.censored))
        if self.weights is not None:
            assign("weights", to_weights(self.weights, len(self), kind))
        if self.labels is not None:
            if self.censored:
                raise LabelError(
                    "classes cannot be censored; give the targets as values (N, outputs), NaN for missing"
                )
            assign("labels", tuple(self.labels))
            _check_labels(self.labels, self.outputs if self.y is not None else None)

        if self.normalization is not None:
            self.normalization.check(self.sample_shape)
        self.parts.check(self.sample_shape, self.outputs)

    @property
    def classes(self) -> tuple[Any, ...] | None:
        """The labels, of every step where targets have steps; of several targets a tuple with those of each."""
        if self.parts.shape and self.parts.labels:
            return self.parts.labels[0]
        return self.parts.labels if any(self.parts.labels) else self.labels

    @property
    def pending(self) -> Normalization | None:
        """What is still to be done to `x` when it is learnt: the normalisation of 8-bit samples."""
        return self.normalization if self.x.dtype == np.uint8 else None

    @property
    def sample_shape(self) -> Shape:
        """The shape of one sample."""
        return self.x.shape[1:]

    @property
    def outputs(self) -> int:
        """Number of targets per sample; 0 without targets."""
        return 0 if self.y is None else self.y.shape[1]

    def scaled(self, dtype: str = "float32") -> np.ndarray:
        """Return the samples as they are learnt, ``x * scale`` normalised, in "float32" or "float64"."""
        kind = np.dtype(check_choice("dtype", np.dtype(dtype).name, ("float32", "float64")))
        x = self.x.astype(kind, copy=False)
        scaled = x if self.scale == 1 else x * kind.type(self.scale)
        return scaled if self.pending is None else self.pending.apply(scaled)

    def normalized(self, normalization: Normalization | None) -> DataSet:
        """
        Return the samples normalised, as in ``teset.normalized(trset.data.normalization)``; once is enough.

        Raises:
            DataError: If they are normalised in another way already.
            ShapeError: If they have another number of features.
        """
        if normalization is None or self.normalization == normalization:
            return self
        if self.normalization is not None:
            raise DataError(
                f"these samples are normalised already, by another {self.normalization!r}; take the raw ones"
            )
        if self.x.dtype == np.uint8:
            return attrs.evolve(self, normalization=normalization)
        x = frozen(normalization.apply(self.scaled(self.x.dtype.name)), fresh=True)
        return attrs.evolve(self, x=x, scale=1.0, normalization=normalization)

    def take(self, indices: Any) -> DataSet:
        """Return the samples that ``indices`` (a slice, row numbers or a mask) name, in that order."""
        rows = indices if isinstance(indices, slice) else _row_numbers(indices)
        y = None if self.y is None else _part(self.y, rows)
        weights = None if self.weights is None else _part(self.weights, rows)
        return attrs.evolve(self, x=_part(self.x, rows), y=y, weights=weights)

    def __getitem__(self, key: Any) -> DataSet:
        """Return a part of the set, as `take` does; ``data[3]`` is a set of one sample."""
        if isinstance(key, SupportsIndex) and not isinstance(key, np.ndarray):
            row = range(len(self))[key]
            return self.take(slice(row, row + 1))
        return self.take(key)

    def __len__(self) -> int:
        return len(self.x)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, DataSet):
            return NotImplemented
        return (
            self.scale == other.scale
            and self.censored == other.censored
            and self.labels == other.labels
            and _same(self.x, other.x)
            and _same(self.y, other.y)
            and _same(self.weights, other.weights)
            and self.normalization == other.normalization
            and self.parts == other.parts
        )

    def __hash__(self) -> int:
        return hash((self.x.shape, self.x.dtype.str, self.labels, self.scale, _glance(self.x)))

    def __reduce__(self) -> Any:
        names = ("scale", "weights", "censored", "normalization", "parts")
        return partial(DataSet, **{name: getattr(self, name) for name in names}), (
            self.x,
            self.y,
            self.labels,
        )

    def __repr__(self) -> str:
        of = f"{len(self)} samples {self.sample_shape} {self.x.dtype}"
        scale = "" if self.scale == 1 else f" * {self.scale:.4g}"
        how = f", {self.normalization.kind}" if self.normalization is not None else ""
        return f"<DataSet {of}{scale}{how}, {_what(self)}>"


def _to_targets(y: Any, n: int, dtype: str, censored: bool) -> np.ndarray:
    array = np.asarray(y)
    if array.dtype.kind not in "buif" or array.ndim != 2 or not array.shape[1]:
        raise LabelError(f"targets y are wanted as numbers (N, outputs), not as {describe(array)}")
    if len(array) != n:
        raise LabelError(f"{n} samples have {len(array)} targets; one row of targets for each is needed")
    with np.errstate(over="ignore"):
        cast = array.astype(dtype, order="C", copy=False)
    check_finite_targets(array, cast, censored)
    return frozen(cast, fresh=cast is not array)


def _check_labels(labels: tuple[Any, ...], outputs: int | None) -> None:
    if len(set(labels)) != len(labels):
        raise LabelError(f"labels= names a class twice: {labels}")
    if outputs not in (None, len(labels)):
        raise LabelError(f"the targets have {outputs} columns, but there are {len(labels)} labels: {labels}")


def _row_numbers(indices: Any) -> np.ndarray:
    rows = np.asarray(indices)
    if rows.dtype.kind not in "biu" or rows.ndim != 1:
        if not rows.size:
            raise DataError("take() needs at least one row number")
        raise DataError(f"take() wants row numbers or a mask in one dimension, not {describe(indices)}")
    return rows


def _part(array: np.ndarray, rows: slice | np.ndarray) -> np.ndarray:
    part = array[rows]
    return part if isinstance(rows, slice) else frozen(part, fresh=True)


def _same(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    if a is b or a is None or b is None:
        return a is b
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    one, other = (array.reshape(-1).view(np.uint8) for array in (a, b))
    # In pieces, so that comparing takes no memory to speak of.
    return all(np.array_equal(one[i : i + PIECE], other[i : i + PIECE]) for i in range(0, len(one), PIECE))


def _glance(array: np.ndarray) -> bytes:
    """Return the bytes of about 16 samples: enough for a hash, at no cost that grows with the set."""
    return array[:: max(1, len(array) // 16)].tobytes()


def _what(data: DataSet) -> str:
    if data.labels is not None:
        names = [repr(label) for label in data.labels]
        shown = names if len(names) < 4 else [names[0], "...", names[-1]]
        return f"{len(names)} labels {', '.join(shown)}"
    if data.parts.shape:
        steps = f"labels at each of {data.parts.shape[0]} steps" if data.classes else "values"
        return f"{len(data.classes) if data.classes else data.parts.shape} {steps}"
    return f"{data.outputs} values" if data.outputs else "no targets"
