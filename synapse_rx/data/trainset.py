"""Everything a trainer needs to know about what it learns from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final
from zlib import crc32

import attrs
import numpy as np

from ..errors import DataError, LabelError, OptionError, ShapeError
from ..remembered import remembered
from ..typing import Shape
from .augmentations import Chain
from .augmented import AugmentedReader
from .balanced import balanced_order
from .data_set import DataSet
from .header import Header, count_labels
from .normalization import Normalization
from .options import Shuffle, check_count, check_field_size, check_shuffle

Augment = Callable[[np.ndarray, np.random.Generator], np.ndarray]
"""A function of the samples of a batch (N, *sample_shape) and a generator; returns others of that shape and type."""


def check_augment(augment: Any) -> Any:
    """Return ``augment`` if it is a function or None; a list of functions as one."""
    if isinstance(augment, list | tuple):
        return Chain(augment)
    if augment is not None and not callable(augment):
        raise OptionError(f"augment= takes a function of (samples, generator), not {augment!r}")
    return augment


@final
@attrs.frozen(repr=False)
class TrainingSet:
    """
    Samples to learn from, samples to validate with, and how to walk through them.

    A value like the `DataSet`s in it: equal by content, hashable, unchangeable.

    Raises:
        ShapeError: If the validation samples have another shape or type than the training samples.
        DataError: If they are normalised in another way.
        LabelError: If the validation set has other labels or another number of targets.
        OptionError: If ``batch``, ``shuffle``, ``seed`` or ``augment`` is none.
    """

    data: DataSet
    """The training part, in the order it is learnt in (shuffled already if it was to be)."""
    batch: int = attrs.field(kw_only=True, converter=lambda batch: check_count("batch", batch, 1))
    """Samples per batch; the last batch may be smaller."""
    valid: DataSet | None = attrs.field(default=None, kw_only=True)
    """The validation part, never learnt from."""
    shuffle: Shuffle = attrs.field(default=False, kw_only=True, converter=check_shuffle)
    """
    "epoch" and "balanced": `order` draws a new order for every epoch, the latter with every class equally often. "once"
    and False: `data` is learnt as it stands.
    """
    seed: int = attrs.field(default=0, kw_only=True, converter=lambda seed: check_count("seed", seed, 0))
    """What every order and every augmentation follows from."""
    augment: Augment | None = attrs.field(default=None, kw_only=True, converter=check_augment)
    """What is done to the samples of every batch each time it is learnt; None for nothing."""
    header: Header = attrs.field(
        kw_only=True,
        default=attrs.Factory(lambda self: header_of(self.data, self.valid, self.batch), takes_self=True),
    )
    """Name, kind and label counts."""

    def __attrs_post_init__(self) -> None:
        if self.shuffle == "balanced" and (self.labels is None or self.y is None):
            raise OptionError("shuffle='balanced' draws classes equally often, but these targets are values")
        if self.valid is not None:
            _check_valid(self.data, self.valid)

    @property
    def classes(self) -> tuple[Any, ...] | None:
        """The labels; of several targets a tuple with those of each, None for values."""
        return self.data.classes

    @property
    def x(self) -> np.ndarray:
        """The training samples, still to be multiplied by ``data.scale``."""
        return self.data.x

    @property
    def y(self) -> np.ndarray | None:
        """The training targets."""
        return self.data.y

    @property
    def labels(self) -> tuple[Any, ...] | None:
        """The class labels in target order, or None."""
        return self.data.labels

    @property
    def normalization(self) -> Normalization | None:
        """What was done, or is still to be done, to the samples."""
        return self.data.normalization

    @property
    def sample_shape(self) -> Shape:
        """The shape of one sample."""
        return self.data.sample_shape

    @property
    def outputs(self) -> int:
        """Number of targets per sample; 0 without targets."""
        return self.data.outputs

    @property
    def n_batches(self) -> int:
        """Number of batches in one epoch."""
        return -(-len(self) // self.batch)

    def batch_slices(self) -> tuple[slice, ...]:
        """Return the slices that part an epoch into batches."""
        n = len(self)
        return tuple(slice(i, min(i + self.batch, n)) for i in range(0, n, self.batch))

    def order(self, epoch: int) -> np.ndarray | None:
        """
        Return the row numbers (int64) in the order of ``epoch`` (from 0), or None for the natural order.

        With ``shuffle="balanced"`` there are as many as there are samples, but some are left out and others come again.
        It depends on the seed and the epoch alone, so training that is resumed goes on as it would have.
        """
        number = check_count("epoch", epoch, 0)
        if self.shuffle not in ("epoch", "balanced"):
            return None
        rng = np.random.default_rng([self.seed, number])
        if self.shuffle == "balanced" and self.y is not None:
            return balanced_order(self.y.argmax(axis=1), rng)
        return rng.permutation(len(self))

    def open(self) -> AugmentedReader | None:
        """Return what makes augmented batches, to be closed by who asked for it; None without ``augment``."""
        return None if self.augment is None else AugmentedReader(self)

    def fingerprint(self) -> tuple[Any, ...]:
        """Return what tells this set from another, for places in an epoch: samples and batch size first."""
        return (len(self), min(self.batch, len(self)), self.shuffle, self.seed, _glance(self.data))

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        name = f" {self.header.name!r}" if self.header.name else ""
        valid = f", {len(self.valid)} for validation" if self.valid is not None else ""
        shuffle = f", shuffle={self.shuffle!r}{', augmented' if self.augment else ''}"
        return f"<TrainingSet{name} {self.n_batches} batches of {self.batch}{valid}{shuffle}: {self.data!r}>"


@remembered
def _glance(data: DataSet) -> int:
    # A few samples tell one training set from another, at no cost that grows with it.
    return crc32(np.ascontiguousarray(data.x[:: max(1, len(data) // 16)]).data)


def header_of(
    data: DataSet,
    valid: DataSet | None,
    batch: int,
    *,
    name: Any = None,
    type: Any = None,
    field_size: Any = None,
) -> Header:
    """Return the header of a training set made of these parts."""
    return Header(
        name=name,
        type=type,
        field_size=check_field_size(field_size, data.sample_shape),
        labels=data.labels,
        batch_counts=count_labels(data, batch),
        valid_counts=next(iter(count_labels(valid, len(valid))), ()) if valid is not None else (),
    )


def _check_valid(data: DataSet, valid: DataSet) -> None:
    ours, theirs = _made(data), _made(valid)
    if ours != theirs:
        raise ShapeError(f"validation samples must be made like training samples: {ours}, not {theirs}")
    if data.normalization != valid.normalization:
        raise DataError(
            f"validation samples must be normalised like training samples, by {data.normalization}, not by "
            f"{valid.normalization}; valid.normalized(data.normalization) does it"
        )
    ours, theirs = ((one.outputs, one.classes, one.parts.shape) for one in (data, valid))
    if ours != theirs:
        raise LabelError(
            f"validation has {_targets(valid)} with the labels {valid.classes}, "
            f"training {_targets(data)} with {data.classes}"
        )


def _targets(data: DataSet) -> str:
    return f"{data.outputs} targets{f' of shape {data.parts.shape}' if data.parts.shape else ''}"


def _made(data: DataSet) -> str:
    return f"{data.x.dtype} {data.sample_shape} * {data.scale:.6g}"
