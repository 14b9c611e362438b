"""Snapshots as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import synapse_rx as sx

REST = 0.1
"""Seconds between two events at least: who is told less often is told more at a time."""


async def events(stream: sx.Stream[sx.Net], known: int = 0) -> AsyncIterator[str]:
    """
    Tell what happens to a network, until the stream ends.

    The id of each event is the number of complete epochs, so a browser that reconnects (``Last-Event-ID``) is told
    every epoch once: a snapshot holds the history of all of them, however many versions a slow reader skipped.

    Args:
        stream: Its snapshots; the newest is told, who is slow holds nobody up.
        known: Epochs that are known already.
    """
    async for net in stream:
        stats = net.training.stats
        known = min(known, stats.epochs)  # it was taken back
        told = {
            "status": net.training.status,
            "epochs": stats.epochs,
            "loss": [float(value) for value in stats.loss[known:]],
            "errors": stats.last_errors(),
        }
        yield f"id: {stats.epochs}\ndata: {json.dumps(told)}\n\n"
        known = stats.epochs
        await asyncio.sleep(REST)
