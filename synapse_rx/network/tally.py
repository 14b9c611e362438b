"""Errors of an epoch under way, as sums over samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..typing import Array

SAMPLES, WEIGHT = "(samples)", "(weight)"
"""What a `RunningTally` counts beside errors: samples of the epoch, and how often those that it measured count."""


class Tally:
    """
    The sums of every batch side by side, so that they are added up in one order however the epoch was cut.

    Args:
        kinds: What is measured.
        batches: Batches in the epoch.
    """

    def __init__(self, kinds: tuple[str, ...], batches: int) -> None:
        self._kinds = kinds
        self._sums = np.zeros((len(kinds), batches))

    def record(self, first: int, sums: np.ndarray, sizes: np.ndarray | None) -> None:
        """Keep the sums over each batch's samples, (kinds, batches), from batch ``first`` on."""
        self._sums[:, first : first + sums.shape[1]] = sums

    def restart(self, kinds: tuple[str, ...]) -> None:
        """Forget all errors, and measure these."""
        self._kinds = kinds
        self._sums = np.zeros((len(kinds), self._sums.shape[1]))

    def means(self, since: int, feed: Any) -> dict[str, float]:
        """Return each kind's mean over the samples from batch ``since`` on; NaN if there are none."""
        with np.errstate(all="ignore"):
            means = self._sums[:, since:].sum(axis=1) / np.float64(feed.total(since))
        return dict(zip(self._kinds, means.tolist(), strict=True))

    def samples(self, feed: Any) -> int:
        """Return the samples of the epoch, which is complete."""
        return feed.whole

    def values(self, batch: int) -> dict[str, Array]:
        """Return the sums of the first batches, for `restore`."""
        return {kind: self._sums[row, :batch].copy() for row, kind in enumerate(self._kinds)}

    def restore(self, values: Mapping[str, Any], batch: int) -> bool:
        """Go on from the sums of the first batches; False, and nothing done, if they are of other kinds."""
        if set(values) != set(self._kinds):
            return False
        for row, kind in enumerate(self._kinds):
            self._sums[row, :batch] = values[kind]
        return True


class RunningTally:
    """
    The sums of all batches so far, one after the other, for epochs whose length nobody knows.

    Args:
        kinds: What is measured.
    """

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self._kinds = kinds
        self._totals = np.zeros(len(kinds) + 2)

    def record(self, first: int, sums: np.ndarray, sizes: np.ndarray) -> None:
        """Add the sums over each batch's samples, (kinds, batches), and the batches' sizes, (2, batches)."""
        more = np.concatenate([sums, sizes])
        # accumulate adds from left to right, so it makes no difference how many batches come at once.
        self._totals = np.add.accumulate(np.column_stack([self._totals, more]), axis=1)[:, -1]

    def restart(self, kinds: tuple[str, ...]) -> None:
        """Forget all errors, and measure these."""
        self._kinds = kinds
        samples = self._totals[-2]
        self._totals = np.zeros(len(kinds) + 2)
        self._totals[-2] = samples

    def means(self, since: int, feed: Any) -> dict[str, float]:
        """Return each kind's mean over the samples measured; NaN if there are none."""
        with np.errstate(all="ignore"):
            means = self._totals[:-2] / self._totals[-1]
        return dict(zip(self._kinds, means.tolist(), strict=True))

    def samples(self, feed: Any) -> int:
        """Return the samples of the epoch so far."""
        return int(self._totals[-2])

    def values(self, batch: int) -> dict[str, Array]:
        """Return the sums so far, for `restore`."""
        return {name: self._totals[[row]] for row, name in enumerate((*self._kinds, SAMPLES, WEIGHT))}

    def restore(self, values: Mapping[str, Any], batch: int) -> bool:
        """Go on from sums; False if they are of other kinds, of which the samples alone are taken over."""
        names = (*self._kinds, SAMPLES, WEIGHT)
        if set(values) != set(names):
            self._totals[-2] = values[SAMPLES][0] if SAMPLES in values else 0.0
            return False
        self._totals[:] = [values[name][0] for name in names]
        return True
