"""Batches of a data set with its augmentation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...backends import Backend, Uploads
from ...data.augmented import AugmentedReader
from ...typing import Array, Shape
from .feed import Feed


class AugmentedFeed:
    """
    A `Feed` whose samples come, augmented, from helpers that make them ahead; all else is the feed's own.

    Args:
        plain: The feed of the data set.
        reader: Makes the samples; it may have served another feed before, in the same epoch.
        backend: Where to compute.
        in_shape: What samples look like.
    """

    plain = None  # samples are made one batch at a time, so there is no array of them to be learnt from in one piece

    def __init__(self, plain: Feed, reader: AugmentedReader, backend: Backend, in_shape: Shape) -> None:
        self._plain = plain
        self._reader = reader
        self._backend = backend
        self._in_shape = in_shape
        self._epoch = 0
        self._held: tuple[int, Array] | None = None
        self._uploads: Uploads | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)

    def begin(self, epoch: int) -> None:
        """Begin an epoch, counted from 0."""
        self._plain.begin(epoch)
        self._epoch, self._held = epoch, None

    def ready(self, index: int) -> bool:
        """Return whether batch ``index`` is made."""
        if self._plain.ended(index):
            return False
        if self._held is None or self._held[0] != index:
            self._reader.seek(self._epoch, index)
            x = self._reader.take()
            self._held = None if x is None else (index, x)
        return self._held is not None

    @property
    def when_ready(self) -> Callable[[Callable[[], object]], None]:
        """What calls back once, from any thread, when the next batch is made; asked for where `ready` was."""
        return self._reader.when_ready

    def get(self, index: int) -> tuple[Array, Array | None]:
        """Return samples and targets of batch ``index``, which is `ready`."""
        assert self._held is not None and self._held[0] == index
        if self._uploads is None:
            self._uploads = self._backend.uploads(self._plain.batch, [self._mine(*self._held)])
        uploads, name = self._uploads, (self._epoch, index)
        if not uploads.holds(name):
            uploads.send(name, [self._mine(*self._held)])
        (x,) = uploads.take(name)
        following = self._reader.peek()
        if following is not None and not uploads.holds((self._epoch, index + 1)):
            uploads.send((self._epoch, index + 1), [self._mine(index + 1, following)])
        return self._plain.converted(x), self._plain.targets(index)

    def _mine(self, index: int, x: Array) -> Array:
        """Return what is learnt here of a batch."""
        return x[self._plain.within(index)].reshape(-1, *self._in_shape)
