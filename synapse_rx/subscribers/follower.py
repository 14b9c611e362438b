"""The base of subscribers that write, draw or send: on a thread of their own, and never in anybody's way."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable
from typing import Any, Self

from attrs import frozen

from ..errors import OptionError
from ..snapshot import Net, Stats
from .base import Attachable, Subscriber, Track
from .news import News
from .worker import Worker

SHARE = 0.003
"""Of a processor, that one follower may take unless it says otherwise: a dozen of them leave training its own."""


@frozen
class Told:
    """
    What a follower has told of a network.

    Attributes:
        stats: The statistics that were told.
        status: The status that was told; None before the first.
    """

    stats: Stats
    status: str | None = None


class Follower(Subscriber):
    """
    A subscriber that works on a thread of its own, on what is newest, and never holds training back.

    Implementations override `_tell`. It is given what is new since the last time it returned; what it was told while
    it raised is new the next time again. The newest snapshot holds the history of all epochs, so those that were
    skipped are told, too, unless it takes the parameters of each.

    What it raises is logged once, and so is work that does not come to an end; neither harms the training.

    Args:
        *nets: What to listen to from the beginning.
        capacity: Snapshots of a network that wait to be told; 1 for the newest only.
        rest: Seconds that lie between two calls of `_tell` at least.
        share: The share of a processor that `_tell` may take; where it needs more, it is called less often.
    """

    tells_past = True
    """Whether what a network learnt before it was attached is told, too."""

    def __init__(self, *nets: Attachable, capacity: int = 1, rest: float = 0.0, share: float = SHARE) -> None:
        name = type(self).__name__
        self._worker = Worker(self._work, name, capacity=capacity, rest=rest, share=checked_share(share))
        super().__init__(*nets)

    @property
    def error(self) -> BaseException | None:
        """What it raised last; None if nothing."""
        return self._worker.error

    @property
    def dropped(self) -> int:
        """How many snapshots gave way to newer ones before they were told."""
        return self._worker.dropped

    def detach(self, *nets: Attachable) -> Self:
        """
        Let go of networks, or of all of them if none is named, once what there is has been told.

        Raises:
            OptionError: If something else than networks is given.
        """
        self.flush()
        super().detach(*nets)
        return self

    def close(self) -> None:
        """Tell what there is, let go of all networks and of whatever it holds open. It may be attached again."""
        super().close()
        if self._worker.finish(0):  # what hangs keeps what it holds
            self._worker.attempt(self._release)

    def flush(self, seconds: float | None = None) -> bool:
        """
        Wait until everything published so far has been told; return whether it has.

        Args:
            seconds: How long at most; 5 s by default.
        """
        return self._worker.finish(seconds)

    @abstractmethod
    def _tell(self, news: News) -> None:
        """Tell what is new. Called on a thread of its own, for one network after the other."""

    def _release(self) -> None:
        """Close files and the like; nothing is told any more, unless it is attached again."""

    def _wants(self, old: Net, new: Net) -> bool:
        """Whether a change is worth telling; runs on the training thread."""
        return True

    def _key(self, track: Track) -> Hashable:
        """Return what is conflated: of all that is waiting under one key, only the newest is told."""
        return track

    def _begun(self, track: Track, net: Net) -> None:
        track.memory = Told(Stats() if self.tells_past else net.training.stats)
        self._worker.put(self._key(track), (track, net))

    def _changed(self, track: Track, old: Net, new: Net) -> None:
        if self._wants(old, new):
            self._worker.put(self._key(track), (track, new))

    def _work(self, key: Hashable, newest: tuple[Track, Net]) -> None:
        track, net = newest
        told = track.memory
        self._tell(News(track.cell, track.name, net, told.stats, told.status))
        track.memory = Told(net.training.stats, net.training.status)


def checked_share(share: Any) -> float:
    """
    Return ``share``.

    Raises:
        OptionError: If it is no number in (0, 1].
    """
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise OptionError(f"share must be a number in (0, 1], not {share!r}")
    return float(share)
