"""The batches of a training set with its augmentation, made ahead by helpers."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError, ShapeError
from .helpers import Helpers
from .samples import describe, first_bad, place
from .stream_reader import in_batch

if TYPE_CHECKING:
    from .trainset import TrainingSet

HELPERS = max(1, min(4, os.cpu_count() or 1))
"""The most threads that prepare batches for one training."""
AHEAD = 2 * HELPERS
"""The most batches prepared ahead."""


class AugmentedReader:
    """
    Gives the samples of every batch, augmented, in order; never waits for them.

    What a batch becomes follows from the training set, the epoch and the batch alone.

    Args:
        data: The training set, with its ``augment``.
    """

    def __init__(self, data: TrainingSet) -> None:
        self._data = data
        self._helpers = Helpers(HELPERS)
        self._place: tuple[int, int] | None = None
        self._order: np.ndarray | None = None
        self._ahead: deque[Future[np.ndarray]] = deque()

    def seek(self, epoch: int, batch: int) -> None:
        """Be at a batch of an epoch, both counted from 0."""
        if self._place != (epoch, batch):
            self._forget()
            self._place = (epoch, batch)
            self._order = self._data.order(epoch)
            self._prepare()

    def take(self) -> np.ndarray | None:
        """
        Return the samples of the next batch, stored like those of the set; None if they are not there yet.

        Raises:
            ShapeError: If the augmentation returned another shape.
            DataError: If it returned another type, or numbers that are not finite.
            Exception: What it raised.
        """
        assert self._place is not None
        if not self._ahead or not self._ahead[0].done():
            return None
        epoch, batch = self._place
        try:
            x = self._ahead.popleft().result()
        except Exception as error:
            raise in_batch(error, epoch, batch) from None
        self._place = (epoch, batch + 1)
        self._prepare()
        return x

    def peek(self) -> np.ndarray | None:
        """Return what `take` would, and leave it there; None also if that would raise."""
        if not self._ahead or not self._ahead[0].done():
            return None
        return None if self._ahead[0].exception() is not None else self._ahead[0].result()

    @property
    def when_ready(self) -> Callable[[Callable[[], object]], None]:
        """
        What calls back once, from any thread, when the batch is there that was the next when this was asked for.

        It may be called on any thread as well, also when this reader has gone on.
        """
        following = self._ahead[0] if self._ahead else None

        def when_ready(callback: Callable[[], object]) -> None:
            if following is None:
                callback()
            else:
                following.add_done_callback(lambda _: callback())

        return when_ready

    def close(self) -> None:
        """Prepare no more."""
        self._forget()
        self._helpers.close()

    def _prepare(self) -> None:
        assert self._place is not None
        epoch, batch = self._place
        following = range(batch + len(self._ahead), min(batch + AHEAD, self._data.n_batches))
        for index in following:
            self._ahead.append(self._helpers.submit(augmented, self._data, self._order, epoch, index))

    def _forget(self) -> None:
        for future in self._ahead:
            future.cancel()
        self._ahead.clear()
        self._place = None


def augmented(data: TrainingSet, order: np.ndarray | None, epoch: int, index: int) -> np.ndarray:
    """
    Return the samples of one batch after ``data.augment``.

    Its generator follows from the seed of the set, the epoch and the batch.

    Raises:
        ShapeError: If it returned another shape.
        DataError: If it returned another type, or numbers that are not finite.
    """
    rows = slice(index * data.batch, min((index + 1) * data.batch, len(data)))
    x = data.x[rows].copy() if order is None else data.x[order[rows]]
    # With a key of its own: default_rng([seed, epoch, 0]) would be that of the epoch's order.
    sequence = np.random.SeedSequence([data.seed, epoch, index], spawn_key=(1,))
    assert data.augment is not None
    shape, dtype = x.shape, x.dtype
    given: Any = data.augment(x, np.random.default_rng(sequence))
    if not isinstance(given, np.ndarray):
        raise DataError(f"augment= returned {describe(given)}; it takes an array (N, ...) and returns one")
    if given.shape != shape:
        raise ShapeError(f"augment= made {given.shape} of samples {shape}; the shape must stay as it is")
    if given.dtype != dtype:
        raise DataError(f"augment= made {given.dtype} of {dtype}; return x.astype({str(dtype)!r})")
    if (bad := first_bad(given)) is not None:
        raise DataError(f"augment= made {given[bad]} of a sample, at {place(bad)}; samples must be finite")
    return np.ascontiguousarray(given)
