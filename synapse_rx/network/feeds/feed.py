"""Batches of a data set, where the program computes and in its type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...backends import Backend
from ...data import DataSet, Normalization
from ...typing import Array, Shape
from ..tally import Tally
from .conversion import Conversion
from .gathering import Gathering


class Feed:
    """
    Hands out the batches of a data set, in its own order or in one given, normalised if asked to, without allocating.

    Samples that are stored as they are learnt and taken in their own order are not even copied. Others (8-bit images,
    shuffled epochs) are gathered and scaled into one buffer.

    Args:
        backend: Where to compute.
        data: The samples.
        batch: The most samples in a batch.
        in_shape: What samples look like.
        dtype: The type they are learnt in.
        normalization: What is still to be done to them.
        order: Gives the order of an epoch, None for the data's own.
        samples: Have samples where they are learnt; False where nothing but targets and weights is asked for.

    Attributes:
        n: Samples, and so values of each error kind that are kept.
        whole: Samples of the data set, those of other processes included.
        batch: The most samples in a batch.
        n_batches: Batches in an epoch.
        most: The most batches whose errors are kept at a time.
        exhausted: Whether there will never be more batches.
    """

    def __init__(
        self,
        backend: Backend,
        data: DataSet,
        batch: int,
        in_shape: Shape,
        dtype: Any,
        normalization: Normalization | None = None,
        order: Callable[[int], np.ndarray | None] | None = None,
        *,
        samples: bool = True,
    ) -> None:
        n = len(data)
        self.whole = n
        self.exhausted = False
        self._divide(n, min(batch, n))
        self._xp = backend.xp
        self._backend = backend
        self._x: Any = data.x.reshape(n, *in_shape)
        self._t: Any = None if data.y is None else typed(data.y, dtype)
        self._bring(samples)
        self._weights = None if data.weights is None else typed(data.weights, dtype)
        self._counts: np.ndarray | None = None
        self._w: Array | None = None
        self._order: Array | None = None
        self._epoch_order = order
        self._gathered: Array | None = None
        self._gathered_t: Array | None = None
        self.converted = Conversion(
            backend, self._x.dtype, data.scale, normalization, self.batch, in_shape, dtype
        )
        makes = backend, self._x.dtype, self.converted, self.batch, in_shape, dtype
        self._gathering = Gathering.of(*makes) if self._x.flags.c_contiguous else None
        self.start(None)

    def begin(self, epoch: int) -> None:
        """Begin an epoch, counted from 0, in the order that belongs to it."""
        self.start(None if self._epoch_order is None else self._epoch_order(epoch))

    def start(self, order: np.ndarray | None) -> None:
        """Begin an epoch in the order given; None for the data's own."""
        self._order = None if order is None else self._backend.share(typed(order, np.int64))
        if self._weights is not None:
            self._counts = self._weights if order is None else self._weights[order]
            self._w = self._backend.share(self._counts)

    @property
    def plain(self) -> tuple[Array, Any, Array, Array | None] | None:
        """
        Samples (N, inputs) as stored, what multiplies them, targets (N, outputs), and the order of the epoch.

        None where a batch is more than that: weighted, normalised, of another type or without targets.
        """
        x = self._x.reshape(self.whole, -1)
        stored = x.dtype == np.float32 or x.dtype == np.uint8
        targets = self._t is not None and self._t.ndim == 2 and self._t.flags.c_contiguous
        if (
            self.converted.normalizes
            or self._w is not None
            or not (stored and targets and x.flags.c_contiguous)
        ):
            return None
        return x, np.float32(self.converted.scale), self._t, self._order

    @property
    def stored(self) -> tuple[Array, Any, Array | None, Array | None]:
        """Samples and targets as they lie there, how often each sample counts in the epoch's order, and that order."""
        return self._x, self._t, self._w, self._order

    def ready(self, index: int) -> bool:
        """Return whether batch ``index`` can be had, now and without waiting."""
        return index < self.n_batches

    def ended(self, index: int) -> bool:
        """Return whether the epoch ends before batch ``index``."""
        return index >= self.n_batches

    def when_ready(self, callback: Callable[[], object]) -> None:
        """Call back once, from any thread, when the batch that was not `ready` is, or never will be."""
        callback()

    def share(self, index: int) -> float:
        """Return which share of the epoch lies before batch ``index``."""
        return index / self.n_batches

    def span(self, index: int) -> tuple[int, int]:
        """Return the first sample of batch ``index`` and the one behind its last, in the epoch's order."""
        start = index * self.batch
        return start, min(start + self.batch, self.n)

    def size(self, index: int) -> int:
        """Return how many samples the mean over batch ``index`` is taken of."""
        first, last = self.span(index)
        return last - first

    def within(self, index: int) -> slice:
        """Return which samples of batch ``index``, as augmentation makes it, are learnt here."""
        return slice(None)

    def get(self, index: int) -> tuple[Array, Array]:
        """Return samples and targets of batch ``index``; both are overwritten by the next call."""
        start, stop = self.span(index)
        if self._gathering is not None:
            return self._gathering.samples(self._x, self._order, start, stop), self.targets(index)
        if self._order is None:
            x = self._x[start:stop]
        else:
            if self._gathered is None:
                self._gathered = self._buffer(self._x)
            x = self._take(self._x, start, stop, self._gathered)
        return self.converted(x), self.targets(index)

    def targets(self, index: int) -> Array | None:
        """Return the targets of batch ``index``, overwritten by the next call; None if there are none."""
        start, stop = self.span(index)
        if self._t is None or self._order is None:
            return None if self._t is None else self._t[start:stop]
        if self._gathering is not None and self._t.flags.c_contiguous:
            return self._gathering.targets(self._t, self._order, start, stop)
        if self._gathered_t is None:
            self._gathered_t = self._buffer(self._t)
        return self._take(self._t, start, stop, self._gathered_t)

    def weights(self, index: int) -> Array | None:
        """Return how often each sample of batch ``index`` counts; None if each counts once."""
        return None if self._w is None else self._w[slice(*self.span(index))]

    def total(self, first: int = 0) -> float:
        """Return how often the samples from batch ``first`` on count together: their number, unless weighted."""
        start = min(first * self.batch, self.n)
        if self._counts is None:
            return float(self.n - start)
        return float(self._counts[start:].sum(dtype=np.float64))

    def sums(self, rows: Array, first: int, last: int) -> Array:
        """Return the sums (kinds, last - first) over these batches' samples of ``rows`` (kinds, n)."""
        batch = self.batch
        full = min(last, self.n // batch)
        parts = []
        if full > first:
            whole = rows[:, first * batch : full * batch].reshape(len(rows), -1, batch)
            parts.append(whole.sum(axis=2))
        if last > max(full, first):
            parts.append(rows[:, full * batch :].sum(axis=1, keepdims=True))
        return self._xp.concatenate(parts, axis=1)

    def tally(self, kinds: tuple[str, ...]) -> Tally:
        """Return where an epoch's errors are added up."""
        return Tally(kinds, self.n_batches)

    def sizes(self, first: int, last: int) -> np.ndarray | None:
        """Return (2, last - first): samples of these batches, and how often they count; None if `total` knows."""
        return None

    def _bring(self, samples: bool) -> None:
        """Have targets where they are learnt, and samples if they are wanted."""
        if samples:
            self._x = self._backend.share(self._x)
        self._t = None if self._t is None else self._backend.share(self._t)

    def _divide(self, n: int, batch: int) -> None:
        """Note how many samples and batches there are."""
        self.n, self.batch = n, batch
        self.n_batches = self.most = -(-n // batch)

    def _take(self, source: Array, start: int, stop: int, buffer: Array) -> Array:
        assert self._order is not None
        out = buffer[: stop - start]
        # With another mode than "clip" numpy would gather into a temporary first; devices know no modes.
        mode = {} if self._backend.remote else {"mode": "clip"}
        self._xp.take(source, self._order[start:stop], axis=0, out=out, **mode)
        return out

    def _buffer(self, source: Array) -> Array:
        return self._xp.empty((self.batch, *source.shape[1:]), source.dtype)


def typed(y: Array, dtype: Any) -> Array:
    """Return numbers in another type, the same array if they are in it."""
    return y if y.dtype == dtype else y.astype(dtype)
