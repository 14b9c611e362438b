"""An event loop that computes in Python in bursts, and what is left of it beside a load."""

from __future__ import annotations

import asyncio
from time import perf_counter, process_time

from attrs import frozen

from .loads import Background


@frozen
class Work:
    """
    What the event loop does: bursts of Python for ``burst`` seconds that take up ``share`` of its time.
    """

    share: float
    burst: float = 0.0

    def __str__(self) -> str:
        return f"{self.share:.0%} in {1e3 * self.burst:g} ms bursts" if self.share else "idle loop"


class Case:
    """
    A load beside a loop that works.

    Attributes:
        pause: The longest that the loop waited in the middle of its work, in seconds, over all rounds.
        evenness: Of loads of several parts, the slowest part's rate by the fastest's: the worst of all rounds.
    """

    def __init__(self, runner: asyncio.Runner, load: Background, work: Work, seconds: float) -> None:
        self.pause = 0.0
        self.evenness = 1.0
        self._runner = runner
        self._load = load
        self._work = work
        self._seconds = seconds
        self._units = 0
        self._busy = self._passed = self._spent = 0.0

    @property
    def speed(self) -> float:
        """Units of the loop's work done in a second of it, over all rounds; 0 if it did none."""
        return self._units / self._busy if self._busy else 0.0

    @property
    def cores(self) -> float:
        """CPU seconds that this process had in a second by the clock, over all rounds."""
        return self._spent / self._passed

    def measure(self) -> float:
        """
        Keep the loop busy for a round, and return the steps a second that the load did.
        """
        start, began = process_time(), perf_counter()
        rate = self._runner.run(self._round())
        self._spent += process_time() - start
        self._passed += perf_counter() - began
        return rate

    async def _round(self) -> float:
        # The loop stays busy till the load has ended: a last chunk undisturbed would count for hundreds of others.
        busy = asyncio.create_task(self._keep_busy())
        async with self._load() as load:
            await asyncio.sleep(self._seconds)
        busy.cancel()
        if load.rate:
            self.evenness = min(self.evenness, load.evenness)
        return load.rate

    async def _keep_busy(self) -> None:
        share, burst = self._work.share, self._work.burst
        while share:
            start = last = perf_counter()
            while (now := perf_counter()) < start + burst:
                self.pause = max(self.pause, now - last)
                last = now
                self._units += sum(1 for _ in range(10))
            self._busy += now - start
            await asyncio.sleep(burst * (1 / share - 1))
