"""
Training beside a busy event loop: steps a second while the loop computes in Python for half and nearly all of its time.

The interpreter's lock is what both want. A step gives it up at every product and every large array operation, and gets
it back when the loop has used up its switch interval (5 ms by default); ``switch_interval=5e-5`` shortens that.
"""

from __future__ import annotations

import argparse
import asyncio
from time import perf_counter

from attrs import frozen

from .contestants.loads import Background, nothing, training
from .contestants.problem import Problem, problem
from .harness import alternate, equal_threads, table

SHORT = 5e-5
"""The switch interval that is tried, in seconds."""


@frozen
class Work:
    """
    What the event loop does: bursts of Python for ``burst`` seconds that take up ``share`` of its time.
    """

    share: float
    burst: float = 0.0

    def __str__(self) -> str:
        return f"{self.share:.0%} in {1e3 * self.burst:g} ms bursts" if self.share else "idle loop"


WORKS = (Work(0.0), Work(0.5, 5e-3), Work(0.5, 5e-2), Work(0.95, 5e-3), Work(0.95, 5e-2))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 128], help="batch sizes")
    parser.add_argument("--seconds", type=float, help="seconds for each case in one round")
    parser.add_argument("--rounds", type=int, help="rounds measured")


def run(
    quick: bool = False,
    batch: tuple[int, ...] = (32, 128),
    seconds: float | None = None,
    rounds: int | None = None,
) -> None:
    seconds = seconds or (0.3 if quick else 2.0)
    rounds = rounds or (1 if quick else 5)
    with equal_threads(1), asyncio.Runner() as runner:
        for size in batch:
            _measure(runner, problem("random", 4096, size), seconds, rounds)


def _measure(runner: asyncio.Runner, task: Problem, seconds: float, rounds: int) -> None:
    cases = {
        _name(work, interval): Case(runner, training(task, switch_interval=interval), work, seconds)
        for work in WORKS
        for interval in (None, SHORT)
    }
    alone = Case(runner, nothing, WORKS[1], seconds)
    contestants = {name: case.measure for name, case in cases.items()} | {"alone": alone.measure}
    contest = alternate(rounds, contestants, warmup=0)
    undisturbed = contest.median(_name(WORKS[0], None))

    def cells(work: Work, interval: float | None) -> list[str]:
        name = _name(work, interval)
        rate, speed = contest.median(name), cases[name].speed
        return [f"{rate:,.0f}", f"{rate / undisturbed:.1%}", f"{speed / alone.speed:.0%}" if speed else ""]

    table(
        f"Steps of {task.batch} a second beside a busy event loop, and the speed the loop keeps; "
        f"{rounds} x {seconds:g} s;\non the right at a switch interval of {1e6 * SHORT:g} us",
        ["", *("steps/s", "of idle", "loop") * 2],
        [[str(work), *cells(work, None), *cells(work, SHORT)] for work in WORKS],
    )


def _name(work: Work, interval: float | None) -> str:
    return f"{work} {interval}"


class Case:
    """
    A load beside a loop that works.

    Attributes:
        speed: Units of the loop's work done in a second of it, over all rounds; 0 if it did none.
    """

    def __init__(self, runner: asyncio.Runner, load: Background, work: Work, seconds: float) -> None:
        self._runner = runner
        self._load = load
        self._work = work
        self._seconds = seconds
        self._units = 0
        self._busy = 0.0

    @property
    def speed(self) -> float:
        return self._units / self._busy if self._busy else 0.0

    def measure(self) -> float:
        """
        Keep the loop busy for a round, and return the steps a second that the load did.
        """
        return self._runner.run(self._round())

    async def _round(self) -> float:
        # The loop stays busy till the load has ended: a last chunk undisturbed would count for hundreds of others.
        busy = asyncio.create_task(self._keep_busy())
        async with self._load() as load:
            await asyncio.sleep(self._seconds)
        busy.cancel()
        return load.rate

    async def _keep_busy(self) -> None:
        share, burst = self._work.share, self._work.burst
        while share:
            start = perf_counter()
            while (now := perf_counter()) < start + burst:
                self._units += sum(1 for _ in range(10))
            self._busy += now - start
            await asyncio.sleep(burst * (1 / share - 1))
