"""Pictures and distributions of weights, made no more often than they are worth."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from time import monotonic, thread_time
from typing import Any
from weakref import WeakKeyDictionary

from ..atoms import Atom
from ..files.strict_json import dumps
from ..network.weights import weight_histograms
from ..params import Params
from ..snapshot import Net
from ..subscribers.mosaic import weight_mosaic
from ..subscribers.png import png

BINS = 40
SHARE = 0.05
"""Of a processor that one kind of picture of one network may take while it is looked at."""

MOST_PARAMETERS = 5_000_000
"""Parameters of a network that are counted into histograms."""


class Pictures:
    """
    Draws for many who look, once for all of them; what has just been drawn at great cost is shown a while longer.

    May be called from any thread; of one network and kind one draws while the others wait.
    """

    def __init__(self) -> None:
        self._drawn: WeakKeyDictionary[Atom[Net], dict[tuple[str, str | None], Drawn]] = WeakKeyDictionary()
        self._lock = Lock()

    def weights(self, cell: Atom[Net], parameter: str | None) -> bytes:
        """
        Return what the units of a layer look at, as PNG.

        Raises:
            OptionError: If there are no such weights.
        """
        return self._newest(cell, ("weights", parameter), lambda net: png(weight_mosaic(net, parameter)))

    def histograms(self, cell: Atom[Net]) -> bytes:
        """Return how the numbers of each parameter are distributed, as JSON."""
        return self._newest(cell, ("histograms", None), _histograms)

    def _newest(self, cell: Atom[Net], key: tuple[str, str | None], draw: Callable[[Net], bytes]) -> bytes:
        with self._lock:
            drawn = self._drawn.setdefault(cell, {}).setdefault(key, Drawn())
        try:
            return drawn.newest(cell.value, draw)
        except BaseException:
            with self._lock:  # what cannot be drawn is not remembered, whatever it is called
                self._drawn[cell].pop(key, None)
            raise


class Drawn:
    """One picture, as it was drawn last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._of: Params | None = None
        self._picture = b""
        self._until = 0.0

    def newest(self, net: Net, draw: Callable[[Net], bytes]) -> bytes:
        """Return the picture of a snapshot, or of an earlier one if that has been drawn just now."""
        with self._lock:
            if self._of is not None and (self._of is net.params or monotonic() < self._until):
                return self._picture
            spent = -thread_time()
            self._picture = draw(net)
            spent += thread_time()
            self._of, self._until = net.params, monotonic() + spent / SHARE
            return self._picture


def _histograms(net: Net) -> bytes:
    said: dict[str, Any] = {}
    if net.params.flat.size <= MOST_PARAMETERS:
        said = {
            name: {"counts": found.counts.tolist(), "edges": found.edges.tolist(), "lost": found.lost}
            for name, found in weight_histograms(net, BINS).items()
        }
    return dumps({"epochs": net.training.stats.epochs, "histograms": said}).encode()
