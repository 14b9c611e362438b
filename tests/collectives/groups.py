"""Groups of threads, and trainings by them."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

import synapse_rx as sx

LONG = 60.0
"""Seconds that nothing here takes."""


def in_threads(work: Callable[[Any], Any], size: int = 2, *, timeout: float = LONG) -> list[Any]:
    """
    Call a function once for each member of a group, on threads of their own; return what each returned or raised.
    """
    found: list[Any] = [None] * size

    def go(comm: Any) -> None:
        try:
            found[comm.rank] = work(comm)
        except Exception as error:
            comm.abort()
            found[comm.rank] = error

    threads = [
        Thread(target=go, args=(comm,), daemon=True) for comm in sx.thread_collectives(size, timeout=timeout)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    return found


def begun(
    net: sx.Net, data: Any, epochs: Any, size: int = 2, every: int | None = None, **options: Any
) -> list[Any]:
    """
    Begin to train so many cells with a snapshot together; return the runs, that of process 0 first.
    """
    runs = []
    for comm in sx.thread_collectives(size, timeout=LONG):
        how: dict[str, Any] = {"reduce": comm} if every is None else {"average": (comm, every)}
        cell = sx.atom(net)
        if "watch" in options and comm.rank == 0:
            cell.add_watch("test", options["watch"])
        more = {name: value for name, value in options.items() if name != "watch"}
        runs.append(sx.train(cell, data, epochs, **how, **more))
    return runs


def trained(
    net: sx.Net, data: Any, epochs: Any, size: int = 2, every: int | None = None, **options: Any
) -> list[Any]:
    """
    Train so many cells together; return the last snapshot of each.
    """
    return [run.result(LONG) for run in begun(net, data, epochs, size, every, **options)]
