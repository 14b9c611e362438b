"""The part of a snapshot that changes with every epoch, exchanged at little cost."""

from __future__ import annotations

from typing import Any

from .net import Net
from .stats import Stats
from .training import Training


def with_progress(net: Net, stats: Stats, version: int) -> Net:
    """
    Return ``net`` with newer statistics and their version.

    Nothing else changes, and nothing of either can be at odds with the rest, so that unlike `attrs.evolve` this checks
    nothing again: it is for whoever hears of thousands of epochs a second.
    """
    return _exchanged(net, {"training": _exchanged(net.training, {"stats": stats}), "version": version})


def _exchanged(record: Any, values: dict[str, Any]) -> Any:
    new = object.__new__(type(record))
    for name, slot in SLOTS[type(record)]:
        slot.__set__(new, values[name] if name in values else slot.__get__(record))
    return new


SLOTS = {
    kind: [(name, kind.__dict__[name]) for name in kind.__slots__ if name != "__weakref__"]  # pyright: ignore
    for kind in (Net, Training)
}
"""What reads and writes each field."""
