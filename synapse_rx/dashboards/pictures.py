"""Pictures and distributions of weights."""

from __future__ import annotations

from typing import Any

from ..atoms import Atom
from ..files.strict_json import dumps
from ..network.weights import weight_histograms
from ..snapshot import Net
from ..subscribers.mosaic import weight_mosaic
from ..subscribers.png import png
from .conflated import Conflated

BINS = 40

MOST_PARAMETERS = 5_000_000
"""Parameters of a network that are counted into histograms."""


class Pictures:
    """
    Draws weights for many who look, once for all of them. May be called from any thread.
    """

    def __init__(self) -> None:
        self._drawn = Conflated()

    def weights(self, cell: Atom[Net], parameter: str | None) -> bytes:
        """
        Return what the units of a layer look at, as PNG.

        Raises:
            OptionError: If there are no such weights.
        """
        key = ("weights", parameter)
        return self._drawn.newest(cell, key, lambda net: png(weight_mosaic(net, parameter)))

    def histograms(self, cell: Atom[Net]) -> bytes:
        """Return how the numbers of each parameter are distributed, as JSON."""
        return self._drawn.newest(cell, "histograms", _histograms)


def _histograms(net: Net) -> bytes:
    said: dict[str, Any] = {}
    if net.params.flat.size <= MOST_PARAMETERS:
        said = {
            name: {"counts": found.counts.tolist(), "edges": found.edges.tolist(), "lost": found.lost}
            for name, found in weight_histograms(net, BINS).items()
        }
    return dumps({"epochs": net.training.stats.epochs, "histograms": said}).encode()
