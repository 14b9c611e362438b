"""
What the benchmarks share: fair timing, equal threads, the machine's own speed, plain tables.

**Timing.** `alternate` runs the contestants in turn, round after round, so that a machine that grows warm or busy
is unfair to all alike; a ratio is the median of the ratios within the rounds.

**Peers** (torch, jax, sklearn, tinygrad, psygnal) are optional. `peer("torch")` returns the module, or None after
printing that it is not installed; a benchmark then leaves that contestant out. ``make peers`` installs those that CI
compares with.

**Threads.** `equal_threads(1)` holds every library to one compute thread: BLAS and OpenMP through threadpoolctl,
torch and numba through their own setting if they are loaded, and processes started inside through the environment.
JAX reads its setting once, when it first computes: call ``peer("jax")`` inside `equal_threads`, before anything else
has imported it. `pinned(1)` keeps this thread, and those it starts, on one core: a library that hands its work to a
thread of its own would otherwise have two.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from statistics import median, quantiles
from time import perf_counter, process_time
from types import ModuleType
from typing import Any

import numpy as np
from attrs import frozen
from threadpoolctl import threadpool_limits

from .records import RECORDS

# NPROC is the one that XLA, beneath JAX, sizes its pool of threads by; NUM_CPU_THREADS is tinygrad's.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NPROC",
    "NUM_CPU_THREADS",
)


@frozen
class Contest:
    """
    What `alternate` measured: the seconds (or whatever the contestants return) of every round, by name.
    """

    rounds: Mapping[str, tuple[float, ...]]

    def median(self, name: str) -> float:
        """
        Return the median of one contestant.
        """
        return median(self.rounds[name])

    def spread(self, name: str) -> tuple[float, float]:
        """
        Return the lower and the upper quartile of one contestant.
        """
        values = self.rounds[name]
        low, _, high = quantiles(values * 2 if len(values) == 1 else values, n=4, method="inclusive")
        return low, high

    def ratio(self, name: str, base: str) -> float:
        """
        Return the median, over the rounds, of ``name`` divided by ``base``.
        """
        pairs = zip(self.rounds[name], self.rounds[base], strict=True)
        return median(value / other for value, other in pairs)

    def print(self, title: str, *, unit: str = "ms", scale: float = 1e3, base: str | None = None) -> None:
        """
        Print medians, quartiles and ratios to ``base`` (the first contestant); values are multiplied by ``scale``.
        """
        base = base or next(iter(self.rounds))
        rows = []
        for name in self.rounds:
            low, high = self.spread(name)
            values = (self.median(name), low, high)
            rows.append(
                [name, *(f"{value * scale:.4g}" for value in values), f"{self.ratio(name, base):.2f}"]
            )
        table(title, ["", f"median {unit}", "quartile", "quartile", f"/ {base}"], rows)


def alternate(
    rounds: int, contestants: Mapping[str, Callable[[], float | None]], *, warmup: int = 1
) -> Contest:
    """
    Run the contestants in turn and return what each took in every round.

    Args:
        rounds: How many times each contestant is measured.
        contestants: By name, what to run. One that returns a number is taken at its word (a rate, a size); of one that
            returns None the seconds are measured.
        warmup: Rounds that are run before and not counted.
    """
    if rounds < 1 or not contestants:
        raise ValueError(f"there is nothing to measure: {rounds} rounds of {len(contestants)} contestants")
    found: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(warmup + rounds):
        for name, contestant in contestants.items():
            value = _measure(contestant)
            if number >= warmup:
                found[name].append(value)
    return Contest({name: tuple(values) for name, values in found.items()})


def _measure(contestant: Callable[[], float | None]) -> float:
    start = perf_counter()
    value = contestant()
    return perf_counter() - start if value is None else float(value)


def cpu_seconds(contestant: Callable[[], object]) -> Callable[[], float]:
    """
    Return a contestant that is measured in this process's CPU seconds, for a machine that others use as well.

    On one core (`pinned`), where nobody waits, they are the seconds of an idle machine.
    """

    def measured() -> float:
        start = process_time()
        contestant()
        return process_time() - start

    return measured


def peer(name: str) -> ModuleType | None:
    """
    Return an optional library, or None after saying that it is not installed.
    """
    if importlib.util.find_spec(name) is None:
        print(f"({name} is not installed and left out)")
        return None
    return importlib.import_module(name)


@contextmanager
def equal_threads(n: int) -> Iterator[None]:
    """
    Hold every numerical library to ``n`` compute threads, and give them back afterwards.
    """
    with ExitStack() as stack:
        stack.enter_context(_environment(n))
        # Before the limits: asked for its threads, numba may load a library that has to be held as well.
        if torch := sys.modules.get("torch"):
            stack.callback(torch.set_num_threads, torch.get_num_threads())
            torch.set_num_threads(n)
        if numba := sys.modules.get("numba"):
            stack.callback(numba.set_num_threads, numba.get_num_threads())
            numba.set_num_threads(min(n, numba.config.NUMBA_NUM_THREADS))
        stack.enter_context(threadpool_limits(n))
        yield


@contextmanager
def pinned(cores: int) -> Iterator[None]:
    """
    Keep this thread and those it starts on the last ``cores`` cores, where the operating system knows how.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[-cores:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def _environment(n: int) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(n)))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def gemm_rate(
    m: int,
    k: int,
    n: int,
    dtype: Any = "float32",
    threads: int = 1,
    *,
    seconds: float = 0.3,
    cpu: bool = False,
) -> float:
    """
    Measure the matrix product ``(m, k) (k, n)`` as this machine's numpy does it, in GFLOP/s (2 m k n operations each).

    With ``cpu`` seconds are those of the processor, as in `cpu_seconds`.
    """
    clock = process_time if cpu else perf_counter
    rng = np.random.default_rng(0)
    a, b = rng.random((m, k)).astype(dtype), rng.random((k, n)).astype(dtype)
    out = np.empty((m, n), dtype)
    with threadpool_limits(threads):
        np.matmul(a, b, out=out)
        times: list[float] = []
        stop = perf_counter() + seconds
        while not times or perf_counter() < stop:
            start = clock()
            np.matmul(a, b, out=out)
            times.append(clock() - start)
    return 2e-9 * m * k * n / median(times)


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """
    Print a plain table: the first column to the left, the others to the right; `RECORDS` keeps it.
    """
    RECORDS.add(title, heads, rows)
    cells = [[str(cell) for cell in row] for row in [heads, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    print(f"\n{title}")
    for row in cells:
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join([first.strip().ljust(widths[0]), *others]).rstrip())
