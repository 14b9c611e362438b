"""How weights are distributed, epoch by epoch."""

from __future__ import annotations

from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
from attrs import frozen

from ..atoms import Atom
from ..network.weights import histogram
from ..params import Entry
from ..snapshot import Net
from ..subscribers.base import Attachable
from ..subscribers.follower import Follower
from ..subscribers.news import News
from ..typing import Array, Data

BINS = 40

MOST = 160
"""Moments that are kept of one network."""

MOST_VALUES = 50_000
"""Numbers of one parameter that are counted; of a larger one every second, third, ... is."""

SHARE = 0.01
"""Of a processor that counting may take."""


@frozen
class Moment:
    """
    The distributions after an epoch.

    Attributes:
        epoch: Complete epochs.
        columns: By the name of the parameter: the smallest and the largest number, and how many lie in each of equally
            wide bins between them.
    """

    epoch: int
    columns: dict[str, tuple[float, float, Array]]


class WeightLog(Follower):
    """
    Counts how the numbers of each parameter are distributed, on a thread of its own, so that a page that is opened
    later knows how they came about.

    What it keeps does not grow: of a long training every second, fourth, ... moment. Of a network that is taken back it
    forgets what is not there any more.
    """

    def __init__(self, *nets: Attachable) -> None:
        self._moments: WeakKeyDictionary[Atom[Net], Moments] = WeakKeyDictionary()
        self._lock = Lock()
        super().__init__(*nets, share=SHARE)

    def told(self, cell: Atom[Net], parameter: str) -> list[Data]:
        """Return the moments of one parameter, oldest first: ``epoch``, ``low``, ``high`` and ``counts``."""
        with self._lock:
            kept = list(self._moments[cell].kept) if cell in self._moments else []
        found: list[Data] = []
        for moment in kept:
            if parameter in moment.columns:
                low, high, counts = moment.columns[parameter]
                found.append({"epoch": moment.epoch, "low": low, "high": high, "counts": [*counts.tolist()]})
        return found

    def _wants(self, old: Net, new: Net) -> bool:
        return new.training.stats.epochs != old.training.stats.epochs

    def _tell(self, news: News) -> None:
        moment = _moment(news.net)
        with self._lock:
            moments = self._moments.setdefault(news.cell, Moments())
            moments.forget(news.epochs.start if news.rewound else moment.epoch)
            moments.add(moment)


class Moments:
    """
    Moments, about equally far from one another, and the newest.

    Attributes:
        kept: Those that are kept, oldest first.
    """

    def __init__(self) -> None:
        self.kept: list[Moment] = []
        self._every = 1

    def forget(self, epoch: int) -> None:
        """Forget what lies behind an epoch."""
        self.kept = [moment for moment in self.kept if moment.epoch <= epoch]

    def add(self, moment: Moment) -> None:
        """Keep a moment, in the place of the newest if that came soon after the one before it."""
        kept = self.kept
        if kept and kept[-1].epoch == moment.epoch:
            kept.pop()
        elif len(kept) > 1 and kept[-1].epoch - kept[-2].epoch < self._every:
            kept.pop()
        kept.append(moment)
        if len(kept) > MOST:
            self.kept = kept[::2] if len(kept) % 2 else [*kept[::2], kept[-1]]
            self._every *= 2


def _moment(net: Net) -> Moment:
    flat = net.params.flat
    columns = {entry.name: _column(entry, flat) for entry in net.params.layout.entries if entry.size}
    return Moment(net.training.stats.epochs, columns)


def _column(entry: Entry, flat: Array) -> tuple[float, float, Array]:
    values = entry.view(flat).ravel()
    step = -(-len(values) // MOST_VALUES) | 1  # an odd one meets all columns of a matrix, as a rule
    found = histogram(values[::step], BINS)
    return float(found.edges[0]), float(found.edges[-1]), found.counts.astype(np.uint32)
