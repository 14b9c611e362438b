"""
One of the processes that `benchmarks.parallel` starts: ``mpiexec -n 2 python -m benchmarks.contestants.parallel_rank``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from time import perf_counter, process_time, thread_time
from typing import Any

import numpy as np

import synapse_rx as sx
from synapse_rx.collectives.mpi import MpiCollective

SIZES = [784, 512, 512, 10]

ROUNDS = {80_000: 200, 669_706: 100, 2_000_000: 50, 11_000_000: 11}
"""Numbers (float32) that are added up, the second as many as the network has parameters; how often it is measured."""


def main(batch: int, steps: int, epochs: int, rounds: int, every: int) -> None:
    """
    Measure in turn, and print a line of JSON for every round: by name, samples a second of all processes together, and
    the CPU seconds that one of them worked for a sample, waiting left out.
    """
    comm = Waiting(timeout=600)
    alone, together = (_samples(batch * comm.size * steps, size) for size in (batch, batch * comm.size))
    contestants: dict[str, Callable[[], tuple[float, float]]] = {
        "one": lambda: (1.0, 1.0) if comm.rank else _train(comm, alone, epochs),
        "apart": lambda: _train(comm, alone, epochs),
        "reduce": lambda: _train(comm, together, epochs, reduce=comm),
        "average": lambda: _train(comm, together, epochs, average=(comm, every)),
    }
    for number in range(rounds + 1):
        found = {}
        for name, contestant in contestants.items():
            _meet(comm)
            seconds, worked = contestant()
            samples = len(together) * epochs
            all_together = comm.size if name == "apart" else 1
            each = 1 if name in ("one", "apart") else comm.size
            found[name] = [samples * all_together / seconds, worked * each / samples]
        if comm.rank == 0 and number:  # the first warms up
            print(json.dumps(found), flush=True)
    sums = {size: _sum(comm, size, 1 + times * rounds // 11) for size, times in ROUNDS.items()}
    if comm.rank == 0:
        print(json.dumps({"sums": sums}), flush=True)


class Waiting(MpiCollective):
    """
    Counts the CPU seconds spent with waiting for others.
    """

    waited = 0.0

    def _meet(self, patient: bool) -> None:
        start = thread_time()
        super()._meet(patient)
        self.waited += thread_time() - start


def _train(comm: Waiting, data: Any, epochs: int, **how: Any) -> tuple[float, float]:
    """
    Train a new network, and return the seconds of the epochs behind the first: by the clock, and of work.
    """
    net = sx.mlp(SIZES, ["relu", "relu", "softmax"], sx.training("adam"))
    times = []

    @net.add_watch("times")
    def note(key: str, cell: Any, old: sx.Net, new: sx.Net) -> None:
        if new.training.stats.epochs > old.training.stats.epochs:
            times.append((perf_counter(), process_time() - comm.waited))

    sx.train(net, data, epochs + 1, blas_threads=1, **how).result()
    return times[-1][0] - times[0][0], times[-1][1] - times[0][1]


def _sum(comm: Waiting, size: int, times: int) -> tuple[float, float, float]:
    """
    Return the quartiles of the seconds in which all add up so many numbers, each time when all are there.
    """
    numbers, seconds = np.zeros(size, np.float32), []
    for number in range(times + 1):
        _meet(comm)
        start = perf_counter()
        comm.all_reduce(numbers)
        if number:
            seconds.append(perf_counter() - start)
    low, middle, high = np.quantile(seconds, (0.25, 0.5, 0.75)).tolist()
    return low, middle, high


def _samples(n: int, batch: int) -> Any:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (n, SIZES[0]), np.uint8)  # as images are kept
    return sx.training_set(x, rng.integers(0, 10, n), batch=batch, shuffle="epoch")


def _meet(comm: Any) -> None:
    """
    Wait for all.
    """
    comm.all_reduce(np.zeros(1), patient=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
