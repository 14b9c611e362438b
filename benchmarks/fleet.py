"""
Many networks in a few worker processes: what it costs to hear of all of them, and how late that is.

The same networks are trained on two fleets in turn, one that tells of each up to 20 times a second and one that tells
of the end alone. ``wall`` is the time by the clock of a whole round and ``CPU`` the processor time of the driver and
all workers together; a ratio is the median of the ratios within the rounds. The delay of a piece of news is the time
from its publication in the worker, on the thread that trains, until it is put into the cell in the driver.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

import synapse_rx as sx

from .harness import alternate, table

SELDOM = 1e-3
"""News a second of each network, where there are to be none."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--engine", default="local", choices=["local", "ray", "dask"])
    parser.add_argument("--networks", type=int, help="how many networks")
    parser.add_argument("--processes", type=int, default=2, help="how many workers")
    parser.add_argument("--epochs", type=int, help="epochs of each in a round")
    parser.add_argument("--rounds", type=int, help="rounds measured")


def run(
    quick: bool = False,
    engine: str = "local",
    networks: int | None = None,
    processes: int = 2,
    epochs: int | None = None,
    rounds: int | None = None,
) -> None:
    networks, epochs = networks or (20 if quick else 200), epochs or (5 if quick else 20)
    asyncio.run(_compare(engine, networks, processes, epochs, rounds or (2 if quick else 7)))


async def _compare(engine: str, networks: int, processes: int, epochs: int, rounds: int) -> None:
    told = sx.fleet(engine, processes=processes)
    silent = sx.fleet(engine, processes=processes, rate=SELDOM, checkpoint_seconds=1e6)
    async with told, silent:
        cases = {"told of": Round(told, networks, epochs), "not told of": Round(silent, networks, epochs)}
        contest = await asyncio.to_thread(
            alternate, rounds, {name: case.measure for name, case in cases.items()}
        )
    cpu = [a / b for a, b in zip(cases["not told of"].spent[1:], cases["told of"].spent[1:], strict=True)]
    table(
        f"{networks} networks 64-100-10 on {processes} {engine} workers, {epochs} epochs each, {rounds} rounds",
        ["", "epochs/s", "CPU ms an epoch", "driver ms", "news", "p50 delay ms", "p99 delay ms"],
        [_row(case, name, contest.median(name)) for name, case in cases.items()],
    )
    table(
        "told of / not told of",
        ["", "wall", "CPU"],
        [["ratio", f"{contest.ratio('told of', 'not told of'):.3f}", f"{np.median(cpu):.3f}"]],
    )


class Round:
    """
    Trains networks on a fleet.

    Attributes:
        spent: CPU seconds of each round, of driver and workers; the first is the one to warm up.
        driver: Those of the driver alone.
        delays: The delay of every piece of news but those of the first round, in seconds.
    """

    def __init__(self, fleet: sx.Fleet, networks: int, epochs: int) -> None:
        self.spent: list[float] = []
        self.driver: list[float] = []
        self.delays: list[float] = []
        self.learnt = networks * epochs
        self._fleet = fleet
        self._networks = networks
        self._epochs = epochs
        self._data = sx.load_training_set("digits")

    def measure(self) -> float:
        """
        Train all of them; return the epochs a second.
        """
        nets = [
            sx.mlp([64, 100, 10], ["relu", "softmax"], sx.training("adam", seed=seed))
            for seed in range(self._networks)
        ]
        begun, driver, workers = perf_counter(), process_time(), _children()
        runs = [self._fleet.train(net, self._data, self._epochs) for net in nets]
        if self.spent:
            for net, run in zip(nets, runs, strict=True):
                net.add_watch("delay", lambda key, cell, old, new, run=run: self.delays.append(run.delay))
        for run in runs:
            run.result()
        seconds = perf_counter() - begun
        self.driver.append(process_time() - driver)
        self.spent.append(self.driver[-1] + _children() - workers)
        return self.learnt / seconds


def _row(case: Round, name: str, rate: float) -> list[str]:
    delays = np.array([delay for delay in case.delays if delay == delay]) * 1e3
    late = [f"{np.percentile(delays, p):.1f}" for p in (50, 99)] if name == "told of" else ["", ""]
    spent, driver = np.median(case.spent[1:]) / case.learnt, np.median(case.driver[1:]) / case.learnt
    return [name, f"{rate:,.0f}", f"{spent * 1e3:.2f}", f"{driver * 1e3:.3f}", f"{len(delays):,}", *late]


def _children() -> float:
    """
    Return the CPU seconds of all processes that descend from this one, on Linux; 0 elsewhere.
    """
    stats = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        stats[int(path.parent.name)] = int(fields[1]), int(fields[11]) + int(fields[12])
    ours, found = {os.getpid()}, 0
    while found < len(ours):
        found = len(ours)
        ours |= {number for number, (parent, _) in stats.items() if parent in ours}
    ticks = sum(stats[number][1] for number in ours - {os.getpid()} if number in stats)
    return ticks / os.sysconf("SC_CLK_TCK") if stats else 0.0
