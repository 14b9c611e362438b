"""
Training beside a busy event loop: steps a second while the loop computes in Python for half and nearly all of its time.

The interpreter's lock is what both want. Whoever gave it up gets it back when the loop has used up a switch interval:
Python's own is 5 ms, that of trainings in compiled chunks half a millisecond. A training that goes from batch to batch
gives it up at every product; one in chunks when a chunk ends.

Then two trainings at once beside such a loop, three that want two cores: what each gets, how evenly the trainings share
theirs, and how long the loop ever waited in the middle of its work.
"""

from __future__ import annotations

import argparse
import asyncio

import synapse_rx as sx
from synapse_rx.trainer.workers import cores

from .contestants.busy_loop import Case, Work
from .contestants.loads import nothing, training, trainings
from .contestants.problem import Problem, problem
from .harness import alternate, equal_threads, table

INTERVALS = (None, 5e-3, 5e-5)
"""The switch intervals that are tried, in seconds: the one of trainings, Python's, and a very short one."""


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
            task = problem("random", 4096, size)
            sx.train(task.net(), task.training_set(), 1).result()  # loads and compiles
            _measure(runner, task, seconds, rounds)
            _crowd(runner, task, seconds, rounds)


def _measure(runner: asyncio.Runner, task: Problem, seconds: float, rounds: int) -> None:
    cases = {
        _name(work, interval): Case(runner, training(task, switch_interval=interval), work, seconds)
        for work in WORKS
        for interval in INTERVALS
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
        f"{rounds} x {seconds:g} s;\nas it is, and at switch intervals of 5 ms (Python's own) and 50 us",
        ["", *("steps/s", "of idle", "loop") * len(INTERVALS)],
        [[str(work), *(one for interval in INTERVALS for one in cells(work, interval))] for work in WORKS],
    )


def _name(work: Work, interval: float | None) -> str:
    return f"{work} {interval}"


def _crowd(runner: asyncio.Runner, task: Problem, seconds: float, rounds: int) -> None:
    idle, busy = WORKS[0], WORKS[-1]
    cases = {
        "one training, idle loop": Case(runner, training(task), idle, seconds),
        "two trainings, idle loop": Case(runner, trainings(task, 2), idle, seconds),
        "one training, busy loop": Case(runner, training(task), busy, seconds),
        "two trainings, busy loop": Case(runner, trainings(task, 2), busy, seconds),
        "busy loop alone": Case(runner, nothing, busy, seconds),
    }
    contest = alternate(rounds, {name: case.measure for name, case in cases.items()}, warmup=0)
    alone = cases["busy loop alone"].speed

    def row(name: str, case: Case) -> list[str]:
        low, high = contest.spread(name)
        trained = contest.median(name) > 0
        return [
            name,
            f"{contest.median(name):,.0f}" if trained else "",
            f"{low:.0f}-{high:.0f}" if trained else "",
            f"{contest.ratio(name, next(iter(cases))):.0%}" if trained else "",
            f"{case.evenness:.2f}" if trained else "",
            f"{case.speed / alone:.0%}" if case.speed else "",
            f"{1e3 * case.pause:.1f}" if case.speed else "",
            f"{case.cores:.2f}",
        ]

    table(
        f"Two trainings at once, batches of {task.batch}, beside a loop that is busy for {busy}, on {cores()} cores; "
        f"{rounds} x {seconds:g} s",
        ["", "steps/s", "quartiles", "of one", "slower/faster", "loop", "longest pause ms", "cores"],
        [row(name, case) for name, case in cases.items()],
    )
