"""Waiting for what a cell is told, and finding the processes of workers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import synapse_rx as sx
from synapse_rx.fleets.local_engine import LocalWorker
from tests.trainer.tools import LONG


def reached(cell: sx.Atom[Any], when: Callable[[Any], bool]) -> Any:
    """
    Wait until a cell holds a snapshot with which something is so; return it.
    """
    found: list[Any] = []
    there = threading.Event()

    def look(value: Any) -> None:
        if not there.is_set() and when(value):
            found.append(value)
            there.set()

    subscription = cell.subscribe(look)
    try:
        assert there.wait(LONG), f"it never came to that: {cell!r}"
    finally:
        subscription.dispose()
    return found[0]


def learnt(cell: sx.Atom[Any], epochs: int) -> Any:
    """
    Wait until so many epochs are learnt.
    """
    return reached(cell, lambda net: net.training.stats.epochs >= epochs)


def process_of(fleet: sx.Fleet, run: sx.RemoteRun) -> int:
    """
    Return the number of the process where a run is.
    """
    found = [keeper for keeper in fleet._placing.roster.workers if keeper.name == run.worker]
    worker = found[0]._worker
    assert isinstance(worker, LocalWorker)
    return worker.process.pid
