"""What one training learns from: feeds for its engines, and what they all read from."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ...backends import Backend
from ...data import DataSet, StreamSet, TrainingSet
from ...snapshot import Net
from ..checks import check_batch
from ..joint import Joint
from .augmented import AugmentedFeed
from .feed import Feed
from .normalizing import pending
from .sent import SentFeed, fits
from .shard import SentShardFeed, ShardFeed
from .stream import StreamFeed


class Supply:
    """
    Opens feeds. Those of one supply read from the same source, one after the other, so that none of it is lost.

    Args:
        data: What to learn.
        joint: The processes that learn it together; None for this one alone.
    """

    def __init__(self, data: TrainingSet | StreamSet, joint: Joint | None = None) -> None:
        self._data = data
        self._joint = joint
        self._stream = data.open() if isinstance(data, StreamSet) else None
        self._augmented = None if isinstance(data, StreamSet) else data.open()

    def feed(self, net: Net, backend: Backend) -> Any:
        """Return the batches to learn, as ``net`` learns them: something like a `Feed`."""
        data, in_shape, dtype = self._data, net.arch.in_shape, net.params.flat.dtype
        if isinstance(data, StreamSet):
            assert self._stream is not None
            check = partial(check_batch, net)
            return StreamFeed(backend, data, self._stream, in_shape, dtype, pending(net, data), check)
        normalization = pending(net, data.data)
        in_place = self._joint is not None and _carries(net)
        plain = feed_of(backend, data.data, self._joint, in_place=in_place)(
            data.batch, in_shape, dtype, normalization, data.order, samples=self._augmented is None
        )
        if self._augmented is None:
            return plain
        return AugmentedFeed(plain, self._augmented, backend, in_shape)

    def close(self) -> None:
        """Read no more, and close the source; never waits for it for long."""
        for reader in (self._stream, self._augmented):
            if reader is not None:
                reader.close()


def feed_of(
    backend: Backend, data: DataSet, joint: Joint | None = None, *, in_place: bool = False
) -> Callable[..., Feed]:
    """
    Return what makes a `Feed` of a data set, given all that is asked for behind the set.

    Args:
        backend: Where to compute.
        data: The samples; those for which it has no room stay on the host.
        joint: The processes of which each learns a part; None for one that learns all.
        in_place: As for a `ShardFeed`.
    """
    sent = not fits(backend, data)
    if joint is None:
        return partial(SentFeed if sent else Feed, backend, data)
    return partial(SentShardFeed if sent else ShardFeed, joint, backend, data, in_place=in_place)


def _carries(net: Net) -> bool:
    """Whether a layer goes on with what it carried from batch to batch."""
    places = (place for root in net.arch.places for place in root.walk())
    return any(getattr(place.layer, "carry", False) for place in places)
