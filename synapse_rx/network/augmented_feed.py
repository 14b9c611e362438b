"""Batches of a data set with its augmentation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..backends import Backend
from ..data.augmented import AugmentedReader
from ..typing import Array, Shape
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
        mine = self._held[1][self._plain.within(index)]
        x = self._backend.share(mine.reshape(-1, *self._in_shape))
        return self._plain.converted(x), self._plain.targets(index)
