"""What is new in a snapshot since another one."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen

from ..atoms import Atom
from ..snapshot import Event, Net, Stats, Training


@frozen(eq=False)
class News:
    """
    What is new of one network.

    Attributes:
        cell: The network.
        name: What to call it.
        net: The newest snapshot.
        stats: The statistics that were known before.
        status: The status that was known before; None if none was.
    """

    cell: Atom[Net]
    name: str
    net: Net
    stats: Stats
    status: str | None

    @property
    def epochs(self) -> range:
        """The places, in the histories, of the epochs that are new, those learnt over again included."""
        return new_epochs(self.stats, self.net.training.stats)

    @property
    def rewound(self) -> bool:
        """Whether epochs that were known before are not there any more, or are there as others."""
        return self.epochs.start < self.stats.epochs

    @property
    def events(self) -> tuple[Event, ...]:
        """What was done to the network meanwhile."""
        known, now = self.stats.events, self.net.training.stats.events
        n = len(known)
        return now[n:] if not n or (len(now) >= n and now[n - 1] == known[n - 1]) else ()

    @property
    def another_status(self) -> bool:
        """Whether the status is another one."""
        return self.net.training.status != self.status


def new_epochs(old: Stats, new: Stats) -> range:
    """
    Return the places, in the histories of ``new``, of the epochs that ``old`` does not have.

    Empty where none was added; more than one where several were; from an earlier place on where the network was taken
    back and learnt something else since.
    """
    return range(shared_epochs(old, new), new.epochs)


def shared_epochs(old: Stats, new: Stats) -> int:
    """Return how many epochs both histories begin with."""
    n = min(old.epochs, new.epochs)
    if not n or old.loss is new.loss or _same(old, new, slice(n - 1, n)).all():
        return n
    return int(np.flatnonzero(~_same(old, new, slice(0, n)))[0])


def begins(old: Net, new: Net) -> bool:
    """Return whether a training began between two snapshots."""
    return new.training.status in Training.LIVE and old.training.status not in Training.LIVE


def ends(old: Net, new: Net) -> bool:
    """Return whether a training ended between two snapshots."""
    return begins(new, old)


def _same(old: Stats, new: Stats, place: slice) -> Any:
    """Compare epochs bit for bit, by what they lost and how long they took, in which no two are equal by chance."""
    pairs = ((old.loss, new.loss), (old.seconds, new.seconds))
    return np.logical_and(*(a.array[place].view(np.int64) == b.array[place].view(np.int64) for a, b in pairs))
