"""
Several trainings at once on as many cores: their throughput together beside that of one on one core.

With one BLAS thread each, which small networks have by default, two trainings keep two cores busy. Everything happens
in turn: one training alone; several at once; and, for comparison, several at once for which a BLAS thread for each core
was asked, so that they get in each other's way. ``cores`` is the CPU time spent in each second by the clock: on a
machine that others use too, 2.0 cannot be had, and what counts is the work done in a CPU second (``steps/CPU s``).
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from statistics import median
from time import perf_counter, process_time

import synapse_rx as sx
from synapse_rx.trainer.workers import cores

from .contestants.problem import Problem, problem
from .harness import Contest, alternate, table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 128], help="batch sizes")
    parser.add_argument("--trainings", type=int, default=2, help="how many at once")
    parser.add_argument("--epochs", type=int, help="epochs of each in a round")
    parser.add_argument("--rounds", type=int, help="rounds measured")


def run(
    quick: bool = False,
    batch: Sequence[int] = (32, 128),
    trainings: int = 2,
    epochs: int | None = None,
    rounds: int | None = None,
) -> None:
    for size in batch[-1:] if quick else batch:
        task = problem("random", 4096 if quick else 8192, size)
        _measure(task, trainings, epochs or (3 if quick else 12), rounds or (3 if quick else 11))


def _measure(task: Problem, trainings: int, epochs: int, rounds: int) -> None:
    cases = {
        "one": Together(task, 1, epochs, 1),
        f"{trainings} at once": Together(task, trainings, epochs, None),
        f"{trainings} at once, {cores()} BLAS threads": Together(task, trainings, 1, cores()),
    }
    contest = alternate(rounds, {name: case.measure for name, case in cases.items()})
    table(
        f"{trainings} trainings of 784-100-10 at once on {cores()} cores, batches of {task.batch}, {rounds} rounds",
        ["", "steps/s", "quartiles", "/ one", "cores", "steps/CPU s", "slowest/fastest"],
        [_row(name, case, contest) for name, case in cases.items()],
    )


class Together:
    """
    Trainings that begin at the same time.

    Attributes:
        steps: Steps learnt in a round, by all together.
        spent: CPU seconds of each round; the first is the one to warm up.
        passed: Seconds by the clock of each.
        evenness: The time of the last that was done by that of the first, of each.
    """

    def __init__(self, task: Problem, trainings: int, epochs: int, blas_threads: int | None) -> None:
        self.steps = trainings * epochs * task.steps
        self.spent: list[float] = []
        self.passed: list[float] = []
        self.evenness: list[float] = []
        self._task = task
        self._data = task.training_set()
        self._trainings = trainings
        self._epochs = epochs
        self._blas_threads = blas_threads

    def measure(self) -> float:
        """
        Let them learn, and return the steps a second of all together.
        """
        return asyncio.run(self._round())

    async def _round(self) -> float:
        nets = [self._task.net() for _ in range(self._trainings)]
        start, began = process_time(), perf_counter()

        async def one(net: sx.Atom[sx.Net]) -> float:
            await sx.train(net, self._data, self._epochs, blas_threads=self._blas_threads)
            return perf_counter() - began

        ends = await asyncio.gather(*map(one, nets))
        self.spent.append(process_time() - start)
        self.passed.append(max(ends))
        self.evenness.append(max(ends) / min(ends))
        return self.steps / max(ends)


def _row(name: str, case: Together, contest: Contest) -> list[str]:
    low, high = contest.spread(name)
    return [
        name,
        f"{contest.median(name):,.0f}",
        f"{low:.0f}-{high:.0f}",
        f"{contest.ratio(name, 'one'):.2f}",
        f"{sum(case.spent[1:]) / sum(case.passed[1:]):.2f}",
        f"{case.steps / median(case.spent[1:]):,.0f}",
        f"{median(case.evenness[1:]):.2f}",
    ]
