"""Draw states into memory that is there."""

from __future__ import annotations

from typing import Any

from ..typing import Array


def draw_binary(means: Array, out: Array, rng: Any, xp: Any) -> Array:
    """
    Write 1 with probability ``means``, else 0, into ``out``, which is other memory, and return it.

    NaN stays NaN, so that a lost training is noticed.
    """
    rng.random(out.shape, dtype=out.dtype, out=out)
    # The difference of two floats has the right sign: 1 where u < p.
    xp.subtract(means, out, out=out)
    xp.sign(out, out=out)
    return xp.maximum(out, 0.0, out=out)


def draw_normal(out: Array, rng: Any, xp: Any) -> Array:
    """Fill ``out`` with standard normal numbers and return it."""
    rng.standard_normal(out.shape, dtype=out.dtype, out=out)
    return out
