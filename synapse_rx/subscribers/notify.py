"""Calls somebody when something is the case."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any, TypeAlias

from ..atoms import Atom
from ..errors import OptionError
from ..snapshot import Net
from ..snapshot.training import STATUSES
from ..stopping import Condition, Course
from .base import Track
from .follower import Follower
from .news import News

When: TypeAlias = str | Condition | Callable[[Net], object]
ENDS = ("done", "stopped", "cancelled", "failed")
WAITING = 16
"""Snapshots of a network that wait for whoever is called."""


class Notify(Follower):
    """
    Calls a function when something has come true: ``Notify(when=error_below(0.02), call=send).attach(net)``.

    It is called once each time it comes true, on a thread of its own: what takes long, fails or hangs harms nothing but
    later calls. An ``async def`` is run to its end there. A network that fulfils the condition when it is attached is
    told of at once.

    Args:
        when: A status ("done", "failed", ...), "end" for the end of a training however it comes about, "epoch" for
            every complete epoch, a stopping condition such as ``error_below(0.02)``, or a function of a snapshot that
            returns whether it is so.
        call: Called as ``call(net, snapshot)`` with the cell and the snapshot.

    Raises:
        OptionError: If an option is none of these.
    """

    tells_past = False

    def __init__(self, when: When, call: Callable[[Atom[Net], Net], object]) -> None:
        if not callable(call):
            raise OptionError(f"call= takes a function call(net, snapshot), not {call!r}")
        self._holds = _holds(when)
        self._each = when == "epoch" if isinstance(when, str) else False
        self._call = call
        self._true: set[Atom[Net]] = set()
        super().__init__(capacity=WAITING, share=1.0)

    def _tell(self, news: News) -> None:
        if not self._holds(news):
            self._true.discard(news.cell)
        elif self._each or news.cell not in self._true:
            result = self._call(news.cell, news.net)
            if inspect.iscoroutine(result):
                asyncio.run(result)
            self._true.add(news.cell)  # only now: what failed is tried again with the next news

    def _ended(self, track: Track) -> None:
        self._true.discard(track.cell)


def _holds(when: Any) -> Callable[[News], object]:
    if isinstance(when, Condition):
        return lambda news: news.net.training.stats.epochs > 0 and when.met(_course(news.net))
    if callable(when):
        return lambda news: when(news.net)
    if when == "epoch":
        return lambda news: news.epochs
    if when == "end":
        return lambda news: news.net.training.status in ENDS
    if when in STATUSES:
        return lambda news: news.net.training.status == when
    raise OptionError(
        f"when= takes a status ({', '.join(STATUSES)}), 'end', 'epoch', a stopping condition or a function of a "
        f"snapshot, not {when!r}"
    )


def _course(net: Net) -> Course:
    stats = net.training.stats
    return Course(stats.epochs, float(stats.seconds.array.sum()), stats, 0)
