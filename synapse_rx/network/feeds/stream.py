"""Batches of a stream, of which nobody knows how many there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...backends import Backend, Uploads
from ...data import DataSet, Normalization
from ...data.stream_reader import StreamReader, in_batch
from ...data.stream_set import StreamSet
from ...errors import SynapseError
from ...typing import Array, Shape
from ..tally import RunningTally
from .conversion import Conversion
from .feed import typed
from .gathering import Gathering

MOST_BATCHES, MOST_SAMPLES = 256, 1 << 16
"""Of so many batches, and samples, the errors are kept at a time."""


class StreamFeed:
    """
    A `Feed` from a source of batches. It holds one of them, sends the next, and keeps the errors of a window of some.

    Args:
        backend: Where to compute.
        data: What the batches are like.
        reader: Where they come from; it may have served another feed before, in the same epoch.
        in_shape: What samples look like.
        dtype: The type they are learnt in.
        normalization: What is to be done to them.
        check: Raises if a batch does not fit the network.
    """

    plain = None  # batches come one at a time, so there is no array of them to be learnt from in one piece

    def __init__(
        self,
        backend: Backend,
        data: StreamSet,
        reader: StreamReader,
        in_shape: Shape,
        dtype: Any,
        normalization: Normalization | None,
        check: Callable[[DataSet], None],
    ) -> None:
        self.batch = data.batch
        self.n_batches = data.batches_per_epoch
        self.most = max(1, min(MOST_BATCHES, MOST_SAMPLES // data.batch))
        self.n = self.most * data.batch
        self._backend = backend
        self._reader = reader
        self._in_shape = in_shape
        self._dtype = dtype
        self._check = check
        self._converted = Conversion(
            backend, np.dtype(data.dtype), data.scale, normalization, data.batch, in_shape, dtype
        )
        self._gathering = Gathering.of(
            backend, np.dtype(data.dtype), self._converted, data.batch, in_shape, dtype
        )
        self._uploads: Uploads | None = None
        self._alive: tuple[DataSet | None, ...] = ()
        self._right: DataSet | None = None
        self._epoch = 0
        self._held: tuple[int, DataSet] | None = None
        self._sizes = np.zeros((2, self.most))

    @property
    def exhausted(self) -> bool:
        """Whether the source is read once only and has come to its end."""
        return self._reader.exhausted

    def begin(self, epoch: int) -> None:
        """Begin an epoch, counted from 0."""
        self._epoch, self._held = epoch, None

    def ready(self, index: int) -> bool:
        """Return whether batch ``index`` has come."""
        if self._held is None or self._held[0] != index:
            self._reader.seek(self._epoch, index)
            batch = self._reader.take()
            if batch is None:
                return False
            self._accept(index, batch)
        return True

    def ended(self, index: int) -> bool:
        """Return whether the epoch is known to end before batch ``index``."""
        if self.n_batches is not None and index >= self.n_batches:
            return True
        return index > 0 and (self._held is None or self._held[0] != index) and self._reader.over

    @property
    def when_ready(self) -> Callable[[Callable[[], object]], None]:
        """What calls back once, from any thread, when the next batch has come, or will not."""
        return self._reader.when_ready

    def share(self, index: int) -> float:
        """Return which share of the epoch lies before batch ``index``: 0 if nobody knows."""
        return 0.0 if self.n_batches is None else index / self.n_batches

    def span(self, index: int) -> tuple[int, int]:
        """Return where the values of batch ``index`` begin and end among those that are kept."""
        slot = index % self.most
        start = slot * self.batch
        return start, start + int(self._sizes[0, slot])

    def size(self, index: int) -> int:
        """Return how many samples batch ``index``, which is `ready`, has."""
        return int(self._sizes[0, index % self.most])

    def get(self, index: int) -> tuple[Array, Array]:
        """Return samples and targets of batch ``index``, which is `ready`; overwritten by the next call for another."""
        x, t = self._there(index)[:2]
        if self._gathering is not None:
            return self._gathering.samples(x, None, 0, len(x)), t
        return self._converted(x), t

    def weights(self, index: int) -> Array | None:
        """Return how often each sample of batch ``index``, which is `ready`, counts; None if each counts once."""
        return None if self._batch(index).weights is None else self._there(index)[2]

    def sums(self, rows: Array, first: int, last: int) -> Array:
        """Return the sums (kinds, last - first) over these batches' samples of ``rows`` (kinds, n)."""
        parts = [rows[:, slice(*self.span(index))].sum(axis=1) for index in range(first, last)]
        return self._backend.xp.stack(parts, axis=1)

    def tally(self, kinds: tuple[str, ...]) -> RunningTally:
        """Return where an epoch's errors are added up."""
        return RunningTally(kinds)

    def sizes(self, first: int, last: int) -> np.ndarray:
        """Return (2, last - first): samples of each of these batches, and how often they count together."""
        return self._sizes[:, np.arange(first, last) % self.most]

    def _accept(self, index: int, batch: DataSet) -> None:
        try:
            self._check_once(batch)
        except SynapseError as error:
            raise in_batch(error, self._epoch, index) from None
        counted = len(batch) if batch.weights is None else batch.weights.sum(dtype=np.float64)
        self._sizes[:, index % self.most] = len(batch), counted
        self._held = index, batch

    def _there(self, index: int) -> tuple[Array, ...]:
        """Return a batch as it is stored, and send the next one if it has come."""
        batch, following = self._batch(index), self._reader.peek()
        if self._uploads is None:
            weights = np.empty(len(batch), self._dtype)  # which one batch may have and another not
            self._uploads = self._backend.uploads(self.batch, [*self._parts(batch)[:2], weights])
        uploads = self._uploads
        if not uploads.holds(id(batch)):
            uploads.send(id(batch), self._parts(batch))
        arrays = uploads.take(id(batch))
        if following is not None and not uploads.holds(id(following)) and self._is_right(following):
            uploads.send(id(following), self._parts(following))
        self._alive = batch, following  # so that nothing else is called what they are called
        return arrays

    def _parts(self, batch: DataSet) -> list[Array]:
        """Return samples, targets and weights, if there are any, in the types that they are sent in."""
        assert batch.y is not None
        parts = [batch.x.reshape(len(batch), *self._in_shape), typed(batch.y, self._dtype)]
        return parts if batch.weights is None else [*parts, typed(batch.weights, self._dtype)]

    def _is_right(self, batch: DataSet) -> bool:
        """Return whether a batch may be learnt; if not, that is told when its turn has come."""
        try:
            self._check_once(batch)
        except SynapseError:
            return False
        return True

    def _check_once(self, batch: DataSet) -> None:
        """Check a batch, unless that was done ahead."""
        if batch is not self._right:
            self._check(batch)
            self._right = batch

    def _batch(self, index: int) -> DataSet:
        assert self._held is not None and self._held[0] == index, "this batch is not ready"
        return self._held[1]
