"""Batches of a data set that lies on a device whole, from where the device says it stands."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...backends import Backend
from ...backends.cuda import Gather
from ...typing import Array, Shape
from ..feeds.feed import Feed


class Resident:
    """
    Makes batches of a `Feed` in memory of its own, without being told which (`Batches`).

    Args:
        backend: Where to compute.
        gather: The kernel.
        feed: The batches.
        in_shape: What samples look like.

    Attributes:
        held: What of the feed the batches are made from.
    """

    def __init__(self, backend: Backend, gather: Gather, feed: Feed, in_shape: Shape) -> None:
        xp, (x, t, weights, _) = backend.xp, feed.stored
        self._gather, self._feed = gather, feed
        self._x = xp.empty((feed.batch, *in_shape), gather.dtype)
        self._t = xp.empty((feed.batch, *t.shape[1:]), gather.dtype)
        self.held = x, t
        self._order = xp.empty(feed.n, np.int64)
        self._ordered: Any = None
        # Weights lie in the order of the epoch.
        self._weights = None if weights is None else xp.empty(feed.n, gather.dtype)
        self._w = None if weights is None else xp.empty(feed.batch, gather.dtype)
        self._weighed: Any = None

    @classmethod
    def of(cls, backend: Backend, feed: Any, in_shape: Shape, dtype: Any) -> Resident | None:
        """Return what makes the batches of a feed; None where samples do not lie there, or not as a kernel wants."""
        gather = None if backend.kernels is None else backend.kernels.get(Gather, dtype)
        if gather is None or type(feed) is not Feed or feed.converted.mixes:
            return None
        x, t, *_ = feed.stored
        if t is None or t.dtype != dtype or not gather.takes(x.dtype):
            return None
        whole = x.flags.c_contiguous and t.flags.c_contiguous
        return cls(backend, gather, feed, in_shape) if whole else None

    @property
    def key(self) -> bool:
        """Whether the epoch has an order of its own."""
        return self._feed.stored[3] is not None

    def begin(self) -> None:
        """Take over the order of the epoch, if it is another than before."""
        *_, weights, order = self._feed.stored
        if order is not None and order is not self._ordered:
            self._order[...] = self._ordered = order
        if weights is not None and weights is not self._weighed:
            assert self._weights is not None
            self._weights[...] = self._weighed = weights

    def bring(self, index: int) -> None:
        """Do nothing: the device finds the batch."""

    def batch(self, n: int, at: Array, key: bool) -> tuple[Array, Array, Array | None]:
        """Return n samples from where ``at`` says, targets and how often they count; overwritten the next time."""
        gather, how = self._gather, self._feed.converted
        x, t, order = self._x[:n], self._t[:n], self._order if key else None
        gather.both(*self.held, order, x, t, at, how.scale, how.shift, how.factor)
        if self._weights is None or self._w is None:
            return x, t, None
        weights = self._w[:n]
        gather(self._weights, None, 0, weights, at=at)
        return x, t, weights
