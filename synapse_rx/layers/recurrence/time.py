"""Memory for all steps of a sequence, steps first."""

from __future__ import annotations

from ...scratch import Scratch
from ...typing import Array


def over_time(s: Scratch, name: str, steps: int, width: int) -> Array:
    """
    Return the buffer ``name`` as (steps, N, width): one block of memory for each step.

    Steps stand first because a pass works on one after the other, and each lies in one piece.
    """
    return s.array(name, (steps * width,)).reshape(steps, s.n, width)


def rows(x: Array) -> Array:
    """Return (steps, N, width) as a matrix with a row for every sample of every step, without copying."""
    return x.reshape(-1, x.shape[-1])


def by_gate(x: Array, units: int) -> Array:
    """Return a step (N, gates units), rows as a matrix product makes them, as a view (gates, N, units)."""
    return x.reshape(len(x), -1, units).transpose(1, 0, 2)
