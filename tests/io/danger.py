"""Functions of one's own, one of which nobody wants to be called by what a file says."""

from __future__ import annotations

from typing import Any

CALLS: list[str] = []


def danger(*arrays: Any) -> Any:
    """
    Leave a trace.
    """
    CALLS.append("danger")
    return 2 * arrays[0]


def harmless(x: Any) -> Any:
    return x / (1 + abs(x))
