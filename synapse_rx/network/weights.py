"""How the weights of a network are distributed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from attrs import cmp_using, field, frozen

from ..atoms import Atom
from ..data.options import check_count
from ..errors import DataError
from ..params import Params
from ..snapshot import Net
from ..typing import Array

LARGEST = float(np.finfo(np.float64).max)


def _read_only(values: Any) -> Array:
    array = np.array(values)
    array.setflags(write=False)
    return array


@frozen(hash=False)
class Histogram:
    """
    How many numbers lie where.

    Attributes:
        counts: How many lie in each bin; what lies on an edge belongs to the bin above it, the largest to the last.
        edges: The bins' edges, rising, one more than there are bins.
        lost: How many are NaN or infinite and lie in no bin.
    """

    counts: Array = field(converter=_read_only, eq=cmp_using(eq=np.array_equal))
    edges: Array = field(converter=_read_only, eq=cmp_using(eq=np.array_equal))
    lost: int = 0

    @property
    def centres(self) -> Array:
        """The middle of each bin."""
        return (self.edges[:-1] / 2) + (self.edges[1:] / 2)


def weight_histograms(
    net: Atom[Net] | Net | Params, bins: int = 20, *, biases: bool = True
) -> dict[str, Histogram]:
    """
    Count how the numbers of each parameter are distributed, from its smallest to its largest.

    Args:
        net: A cell, a snapshot or parameters.
        bins: How many bins, at least 1.
        biases: Count biases and other parameters that no penalty applies to as well.

    Returns:
        A histogram for each parameter by its full name, such as "0.W" and "0.b". Where all numbers are equal, its
        bins are spread around them.

    Raises:
        OptionError: If ``bins`` is no whole number of at least 1.
        DataError: If ``net`` is none of these.
    """
    count = check_count("bins", bins, 1)
    params = _params(net)
    return {
        entry.name: histogram(entry.view(params.flat), count)
        for entry in params.layout.entries
        if biases or entry.regularized
    }


def _params(net: Any) -> Params:
    value = getattr(net, "value", net)
    params = value.params if isinstance(value, Net) else value
    if not isinstance(params, Params):
        raise DataError(f"weight_histograms takes a network or its parameters, not {type(net).__name__}")
    return params


def histogram(values: Array, bins: int) -> Histogram:
    """Count how numbers are distributed, from the smallest to the largest that is finite."""
    finite = values[np.isfinite(values)].astype(np.float64)
    edges = _edges(finite, bins)
    counts, _ = np.histogram(finite, edges)
    return Histogram(counts, edges, int(values.size - finite.size))


def _edges(finite: Array, bins: int) -> Array:
    """Return edges from the smallest to the largest number, or around them where too few numbers lie between."""
    if not finite.size:
        return np.linspace(0.0, 1.0, bins + 1)
    low, high = float(finite.min()), float(finite.max())
    edges = _between(low, high, bins)
    if (np.diff(edges) > 0).all():
        return edges
    middle = low / 2 + high / 2
    reach = max(0.5, bins * math.ulp(middle))
    return _between(max(middle - reach, -LARGEST), min(middle + reach, LARGEST), bins)


def _between(low: float, high: float, bins: int) -> Array:
    """Return equally spaced edges, though the distance from low to high may be larger than numbers go."""
    if high - low < LARGEST / 4:
        return np.linspace(low, high, bins + 1)
    return 8 * np.linspace(low / 8, high / 8, bins + 1)
