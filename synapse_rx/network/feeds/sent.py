"""Batches of a data set for which a device has no room."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...backends import Backend
from ...data import DataSet
from ...typing import Array
from .feed import Feed


class SentFeed(Feed):
    """
    A `Feed` whose samples and targets stay on the host: each batch is sent as it is stored, one ahead.

    On the device lie two batches, the order and the weights.

    Args:
        *args: As for a feed.
        **options: As for a feed.
    """

    _epoch = 0
    _rows: np.ndarray | None = None

    def start(self, order: np.ndarray | None) -> None:
        """Begin an epoch in the order given; None for the data's own."""
        super().start(order)
        self._rows = order
        self._epoch += 1
        self._send(0)

    @property
    def plain(self) -> None:
        """Nothing: they do not lie in one piece where they are learnt."""
        return None

    def get(self, index: int) -> tuple[Array, Any]:
        """Return samples and targets of batch ``index``; both are overwritten by the next call for another one."""
        x, *t = self._there(index)
        if self._gathering is not None:
            x = self._gathering.samples(x, None, 0, len(x))
        else:
            x = self.converted(x)
        return x, t[0] if t else None

    def targets(self, index: int) -> Array | None:
        """Return the targets of batch ``index``; overwritten by the next call for another one."""
        return None if self._t is None else self._there(index)[-1]

    def _bring(self, samples: bool) -> None:
        self._stored = [one for one in ((self._x if samples else None), self._t) if one is not None]
        self._uploads = self._backend.uploads(self.batch, self._stored)

    def _there(self, index: int) -> tuple[Array, ...]:
        """Return a batch as it is stored, and send the next one."""
        if not self._uploads.holds((self._epoch, index)):
            self._send(index)
        arrays = self._uploads.take((self._epoch, index))
        if index + 1 < self.n_batches and not self._uploads.holds((self._epoch, index + 1)):
            self._send(index + 1)
        return arrays

    def _send(self, index: int) -> None:
        span = slice(*self.span(index))
        if self._rows is None:
            self._uploads.send((self._epoch, index), [one[span] for one in self._stored])
        else:
            self._uploads.send((self._epoch, index), self._stored, self._rows[span])


def fits(backend: Backend, data: DataSet) -> bool:
    """Return whether a data set may lie where a backend computes."""
    room = backend.spare()
    return room is None or sum(one.nbytes for one in (data.x, data.y) if one is not None) <= room
