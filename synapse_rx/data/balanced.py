"""Draw every class equally often."""

from __future__ import annotations

import numpy as np


def balanced_order(classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """
    Return as many row numbers as there are samples, each class as often as every other (to one).

    As many samples in a row as there are classes are of different ones, so batches are balanced as well. Of a class
    with many samples some are left out; those of a class with few come again, each as often as the others (to one).

    Args:
        classes: The class number of every sample, (N,).
        rng: Where the chance comes from.
    """
    members = [np.flatnonzero(classes == number) for number in np.unique(classes)]
    rounds = -(-len(classes) // len(members))
    drawn = np.stack([_drawn(rows, rounds, rng) for rows in members], axis=1)
    return rng.permuted(drawn, axis=1).ravel()[: len(classes)]


def _drawn(rows: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return n of ``rows``: all of them in a random order, as often as it takes."""
    passes = np.broadcast_to(rows, (-(-n // len(rows)), len(rows)))
    return rng.permuted(passes, axis=1).ravel()[:n]
