"""How many threads a kernel is launched with."""

from __future__ import annotations

THREADS = 256
"""Threads of a block where each works for itself."""


def blocks(n: int, each: int = THREADS) -> tuple[int]:
    """Return the grid for n threads: at least one block."""
    return (max(1, -(-n // each)),)
