"""What differs between two snapshots of a network."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from attrs import frozen

from ..network.changes import changes
from ..snapshot import Event, Net
from ..typing import Array

MOVED = frozenset({"params", "kept", "state", "dtype"})
"""Edits that say no more than that the network has learnt meanwhile."""


@frozen(repr=False)
class Difference:
    """
    What differs between two snapshots; printed, it says so in words.

    Attributes:
        epochs: Complete epochs of both.
        errors: Both values of the newest loss and errors by name; NaN where one lacks it.
        params: For each parameter by its full name, how far it moved: the norm of the difference, and its share of the
            norm it had before.
        settings: What is set otherwise, in words: hyper-parameters, loss, architecture, by name.
        events: What was done to the network in between; empty if one does not come from the other.
    """

    epochs: tuple[int, int]
    errors: Mapping[str, tuple[float, float]]
    params: Mapping[str, tuple[float, float]]
    settings: Mapping[str, str]
    events: tuple[Event, ...]

    def __repr__(self) -> str:
        lines = [f"epoch {self.epochs[0]} -> {self.epochs[1]}"]
        lines += [f"{name}: {was:.4g} -> {now:.4g}" for name, (was, now) in self.errors.items()]
        lines += [f"{name}: {detail}" for name, detail in self.settings.items()]
        lines += [
            f"{name} moved by {norm:.4g} ({100 * share:.3g} %)" for name, (norm, share) in self.params.items()
        ]
        return "\n".join(lines)


def difference(a: Net, b: Net) -> Difference:
    """Return what differs between two snapshots, from ``a`` to ``b``."""
    before, after = a.training.stats, b.training.stats
    was, now = before.last_errors(), after.last_errors()
    known = len(before.events)
    return Difference(
        epochs=(before.epochs, after.epochs),
        errors={name: (was.get(name, math.nan), now.get(name, math.nan)) for name in was | now},
        params={
            name: _moved(mine, others[name])
            for others in [dict(b.params.items())]
            for name, mine in a.params.items()
            if name in others and others[name].shape == mine.shape
        },
        settings={what: detail for what, detail in changes(a, b) if what not in MOVED},
        events=after.events[known:] if after.events[:known] == before.events else (),
    )


def _moved(a: Array, b: Array) -> tuple[float, float]:
    norm = float(np.linalg.norm(np.subtract(b, a, dtype=np.float64)))
    length = float(np.linalg.norm(a.astype(np.float64)))
    return norm, norm / length if length else (math.inf if norm else 0.0)
