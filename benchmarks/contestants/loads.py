"""Trainings that go on beside an event loop until they are told to end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from threading import Event, Thread
from time import perf_counter
from typing import Any

import synapse_rx as sx

from .base import Contestant
from .problem import Problem

ENDLESS = 1_000_000
"""Epochs that nobody waits for."""


class Load:
    """
    A training under way, and how fast it was once it is over.

    Attributes:
        rate: Steps a second from its start to its end; 0 before.
        evenness: Of a load of several parts, the slowest part's rate by the fastest's.
    """

    def __init__(self) -> None:
        self.rate = 0.0
        self.evenness = 1.0
        self._start = perf_counter()

    def ended(self, steps: int) -> None:
        self.rate = steps / (perf_counter() - self._start)


Background = Callable[[], AbstractAsyncContextManager[Load]]
"""Starts a load, and ends it on leaving."""


@asynccontextmanager
async def nothing() -> AsyncIterator[Load]:
    """
    No load, to compare with.
    """
    yield Load()


def training(task: Problem, **options: Any) -> Background:
    """
    Return a training by `synapse_rx.train` with these options.
    """
    data = task.training_set()

    @asynccontextmanager
    async def background() -> AsyncIterator[Load]:
        net = task.net()
        load = Load()
        run = sx.train(net, data, ENDLESS, **options)
        yield load
        run.stop()
        await run
        load.ended(net.value.training.stats.steps)

    return background


def trainings(task: Problem, n: int) -> Background:
    """
    Return ``n`` trainings at once.
    """
    one = training(task)

    @asynccontextmanager
    async def background() -> AsyncIterator[Load]:
        load = Load()
        async with AsyncExitStack() as stack:
            parts = [await stack.enter_async_context(one()) for _ in range(n)]
            yield load
        rates = [part.rate for part in parts]
        load.rate, load.evenness = sum(rates), min(rates) / max(*rates, 1e-9)

    return background


def thread(one: Contestant, task: Problem) -> Background:
    """
    Return the epochs of a contestant on a bare thread.
    """

    @asynccontextmanager
    async def background() -> AsyncIterator[Load]:
        load, over, steps = Load(), Event(), [0]

        def work() -> None:
            while not over.is_set():
                one.epoch()
                steps[0] += task.steps

        worker = Thread(target=work, daemon=True)
        worker.start()
        yield load
        over.set()
        worker.join()
        load.ended(steps[0])

    return background
