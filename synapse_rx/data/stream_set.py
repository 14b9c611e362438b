"""Batches that come from somewhere, one after the other, as something to learn from."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from typing import Any, final

import attrs

from ..errors import DataError, LabelError, OptionError, ShapeError
from ..typing import Shape
from .build import test_set
from .data_set import DataSet
from .header import Header, count_labels
from .normalization import Normalization
from .options import check_censored, check_count, check_dtype, check_labels, check_scale
from .samples import describe
from .stream_reader import StreamReader

Source = Iterable[Any] | AsyncIterable[Any] | Callable[[int], Iterable[Any] | AsyncIterable[Any]]
"""Where batches come from; see `stream_set`."""


@final
@attrs.frozen(eq=False, repr=False, kw_only=True)
class StreamSet:
    """
    Batches that come from a source, which need not end nor fit into memory; made by `stream_set`.

    Equal to itself only, as its source is no value.
    """

    source: Source
    """Where batches come from."""
    batch: int
    """The most samples in a batch; every batch may have fewer."""
    batches_per_epoch: int | None = None
    """Batches in an epoch, unless the source ends before; None: an epoch ends with the source."""
    labels: tuple[Any, ...] | None = None
    """The class labels in target order, or None if the targets are values."""
    sample_shape: Shape | None = None
    """The shape of one sample; None if the network says it."""
    dtype: str = "float32"
    """The type that samples are kept in until they are learnt."""
    scale: float = 1.0
    """What samples are multiplied by when learnt."""
    censored: bool = False
    """Targets may be missing (NaN)."""
    normalization: Normalization | None = None
    """What is done to every batch before it is learnt."""
    valid: DataSet | None = None
    """The validation part, never learnt from."""
    prefetch: int = 4
    """The most batches read ahead."""
    header: Header = attrs.field(factory=Header)
    """Name and labels."""
    _loop: AbstractEventLoop | None = attrs.field(default=None, alias="loop")

    @property
    def classes(self) -> tuple[Any, ...] | None:
        """The labels; of several targets a tuple with those of each, None for values."""
        return self.labels

    @property
    def pending(self) -> Normalization | None:
        """What is still to be done to samples: all of the normalisation."""
        return self.normalization

    def on(self, loop: AbstractEventLoop) -> StreamSet:
        """Return this with the event loop that an asynchronous source is to be read on."""
        return attrs.evolve(self, loop=loop)

    def open(self) -> StreamReader:
        """Return what reads the source; whoever opened it closes it."""
        return StreamReader(self, self._loop)

    def made(self, item: Any) -> DataSet:
        """
        Return what the source gave, ``(samples, labels)`` or ``(samples, labels, weights)``, as a copy that is checked.

        Raises:
            DataError: If it is neither, or the samples or weights are not right.
            ShapeError: If there are too many samples, or they have another shape.
            LabelError: If the labels do not fit the samples, or are unknown.
        """
        if not isinstance(item, tuple | list) or len(item) not in (2, 3):
            raise DataError(
                f"a batch is (samples, labels) or (samples, labels, weights), not {describe(item)}"
            )
        samples, labels, weights = (*item, None) if len(item) == 2 else item
        if labels is None:
            raise LabelError("a batch needs labels beside its samples, not None")
        batch = test_set(
            samples,
            labels,
            known_labels=self.labels,
            targets="values" if self.labels is None else "auto",
            dtype=self.dtype,
            scale=self.scale,
            weights=weights,
            censored=self.censored,
        )
        if len(batch) > self.batch:
            raise ShapeError(f"it has {len(batch)} samples, but batch={self.batch} is the most there may be")
        if self.sample_shape is not None and batch.sample_shape != self.sample_shape:
            raise ShapeError(f"its samples have the shape {batch.sample_shape}, not {self.sample_shape}")
        return batch

    def fingerprint(self) -> tuple[Any, ...]:
        """Return what tells this set from another, for places in an epoch: samples and batch size first."""
        many = self.batches_per_epoch or 1 << 40
        return (many * self.batch, self.batch, "stream", self.header.name)

    def __repr__(self) -> str:
        name = f" {self.header.name!r}" if self.header.name else ""
        of = "any number of" if self.batches_per_epoch is None else self.batches_per_epoch
        valid = f", {len(self.valid)} for validation" if self.valid is not None else ""
        what = f"{len(self.labels)} labels" if self.labels is not None else "values"
        return f"<StreamSet{name} {of} batches of {self.batch} at most{valid}: {what}>"


def stream_set(
    source: Source,
    *,
    batch: int,
    batches_per_epoch: int | None = None,
    labels: Sequence[Any] | None = None,
    sample_shape: Sequence[int] | None = None,
    dtype: str = "float32",
    scale: float = 1.0,
    censored: bool = False,
    normalize: Normalization | None = None,
    valid: DataSet | tuple[Any, Any] | None = None,
    prefetch: int = 4,
    name: str | None = None,
) -> StreamSet:
    """
    Make something to learn from out of a source of batches, without knowing how many there are.

    The source is read ahead, ``prefetch`` batches at most: a synchronous one on a thread of its own, an asynchronous
    one on the event loop that runs where `train` is called (the library's own if none does). It is closed (``close``,
    ``aclose``) when the run ends, however it ends.

    Args:
        source: Gives batches ``(samples, labels)`` or ``(samples, labels, weights)``, of any size up to ``batch``.

            - A function: ``source(epoch)``, epochs counted from 0, returns an iterable, synchronous or asynchronous,
              for that epoch. Training that is resumed skips what was learnt before, so it goes on exactly if the
              batches follow from the epoch.
            - An iterable such as a list or a loader: gone through anew for each epoch.
            - An iterator such as a generator: read once; each epoch goes on where the one before ended.
        batch: The most samples in a batch.
        batches_per_epoch: Batches in an epoch. A source that ends before ends the epoch; None: each epoch ends with it.
            Of an iterator that has ended there are no more epochs: training ends then, "stopped" if more were asked.
        labels: The class labels, in target order. None if what stands beside the samples are values.
        sample_shape: The shape of a sample; None if the network's input says it.
        dtype: "float32", "float64", or "uint8" to keep 8-bit samples as they are till they are learnt.
        scale: What samples are multiplied by when learnt, such as 1/255 for 8-bit images.
        censored: Targets may be NaN where they are missing; train with a `Censored` loss.
        normalize: What to do to every batch, found beforehand: ``fit_normalization(some_samples, "standardize")``.
        valid: Validation samples and labels, or a `DataSet` with the same labels.
        prefetch: The most batches read ahead; as many are in memory, and two more.
        name: What to call the set.

    Raises:
        DataError: If the source is none, or the validation samples are not right.
        LabelError: If the validation labels are others.
        OptionError: If an option is out of range.
    """
    if not (callable(source) or hasattr(source, "__iter__") or hasattr(source, "__aiter__")):
        raise DataError(
            f"a source of batches is an iterable, an iterator or a function of the epoch, not {describe(source)}"
        )
    if normalize is not None and not isinstance(normalize, Normalization):
        raise OptionError(
            f"normalize= of a stream takes a Normalization (fit_normalization finds one), not {normalize!r}"
        )
    known = check_labels("labels", labels)
    if known is not None and censored:
        raise LabelError("classes cannot be censored; leave labels= out and give targets as values")
    how: dict[str, Any] = {
        "labels": known,
        "dtype": check_dtype(dtype),
        "scale": check_scale(scale),
        "censored": check_censored(censored),
    }
    held_out = _validation(valid, normalize, **how)
    counts = next(iter(count_labels(held_out, len(held_out))), ()) if held_out is not None else ()
    return StreamSet(
        source=source,
        batch=check_count("batch", batch, 1),
        batches_per_epoch=_optional_count("batches_per_epoch", batches_per_epoch),
        sample_shape=None if sample_shape is None else _shape(sample_shape),
        normalization=normalize,
        valid=held_out,
        prefetch=check_count("prefetch", prefetch, 1),
        header=Header(name=name, labels=known, valid_counts=counts),
        **how,
    )


def _validation(valid: Any, normalize: Normalization | None, **how: Any) -> DataSet | None:
    if valid is None:
        return None
    if not isinstance(valid, DataSet):
        if not isinstance(valid, tuple | list) or len(valid) != 2:
            raise OptionError("valid= takes a pair (samples, labels) or a DataSet")
        known = how.pop("labels")
        targets = "values" if known is None else "auto"
        valid = test_set(*valid, known_labels=known, targets=targets, **how)
    elif valid.labels != how["labels"]:
        raise LabelError(f"validation has the labels {valid.labels}, the stream {how['labels']}")
    return valid.normalized(normalize)


def _optional_count(name: str, value: Any) -> int | None:
    return None if value is None else check_count(name, value, 1)


def _shape(shape: Any) -> Shape:
    try:
        return tuple(check_count("sample_shape", size, 1) for size in shape)
    except TypeError:
        raise OptionError(f"sample_shape= takes sizes such as (28, 28), not {shape!r}") from None
