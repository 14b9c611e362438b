"""
Train dense networks with this library and its peers on one thread: samples a second, and who is how much faster.

784-100-10 (sigmoid) learns by plain gradient descent, 784-512-512-10 (relu) by Adam. All contestants learn the same
batches in the same order from the same first weights (`benchmarks.contestants`). After the warm-up epoch, which is not
counted and stands in a column of its own, their weights are held against each other: the same loss, or the comparison
is worthless. ``--watchers 100`` measures instead what a hundred idle watches and a reader cost this library.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from time import perf_counter

from .contestants import Contestant, contestants
from .contestants.deep import UNITS, DeepProblem, deep_contestants, deep_problem
from .contestants.ours import Ours
from .contestants.problem import HIDDEN, INPUTS, Problem, problem
from .harness import Contest, alternate, cpu_seconds, equal_threads, gemm_rate, pinned, table

TOLERANCE = 1e-3
"""How much, relative to ours, a loss after the warm-up may differ."""

DEEP_TOLERANCE = 1e-2
"""The same for Adam, relative to what was learnt: its steps are as long where a gradient is nothing but rounding."""

MULTIPLE = 1024
"""Samples come in multiples of this, so that no batch is short: lax.scan wants equal ones."""

SAMPLES = {"784-100-10": 57_344, "784-512-512-10": 16_384}
"""Samples in an epoch: as many as MNIST has to learn from, so that what an epoch costs once weighs as it does there.

Fewer of the deeper network, which takes ten times as long for each."""

BATCHES = {"784-100-10": (32, 128, 1024), "784-512-512-10": (128, 1024)}
"""The networks and their batch sizes."""

ROUNDS = {"784-100-10": 7, "784-512-512-10": 5}
"""Epochs measured of each, so that all of it is done in five minutes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--net", choices=list(BATCHES), nargs="+", help="which networks")
    parser.add_argument("--batch", type=int, nargs="+", help="batch sizes")
    parser.add_argument("--threads", type=int, default=1, help="compute threads (and cores) for everyone")
    parser.add_argument("--data", choices=["random", "mnist"], default="random", help="what is learnt")
    parser.add_argument("--samples", type=int, help="samples in an epoch")
    parser.add_argument("--rounds", type=int, help="epochs measured")
    parser.add_argument("--cpu", action="store_true", help="count CPU seconds, if others use the machine too")
    parser.add_argument("--watchers", type=int, default=0, help="measure what so many idle watches cost")


def run(
    quick: bool = False,
    net: Sequence[str] | None = None,
    batch: Sequence[int] | None = None,
    threads: int = 1,
    data: str = "random",
    samples: int | None = None,
    rounds: int | None = None,
    watchers: int = 0,
    cpu: bool = False,
) -> None:
    with equal_threads(threads), pinned(threads):
        for name in net or (["784-100-10"] if watchers else BATCHES):
            make = problem if name == "784-100-10" else deep_problem
            many = rounds or (3 if quick else ROUNDS[name])
            n = max(MULTIPLE, (samples or (2048 if quick else SAMPLES[name])) // MULTIPLE * MULTIPLE)
            for size in batch or BATCHES[name]:
                task = make(data, n, size)
                if watchers:
                    _watch(task, watchers, many, cpu)
                else:
                    _compare(name, task, threads, many, cpu, quick)


def _compare(name: str, task: Problem, threads: int, rounds: int, cpu: bool, quick: bool) -> None:
    if isinstance(task, DeepProblem):
        names, width = deep_contestants(task, threads, quick=quick), UNITS[1]
    else:
        names, width = contestants(task, threads, quick=quick), HIDDEN
    first = _warm_up(names, task)
    epochs = {name: cpu_seconds(one.epoch) if cpu else one.epoch for name, one in names.items()}
    contest = alternate(rounds, epochs, warmup=0)
    peak = 1e9 * gemm_rate(task.batch, INPUTS, width, threads=threads, cpu=cpu)
    table(
        f"{name}, batch {task.batch}, {len(task.x)} samples an epoch, {threads} thread(s), {rounds} rounds"
        f"{', CPU seconds' if cpu else ''}",
        ["", "samples/s", "us/step", "quartiles", "ours/theirs", "of GEMM", "first s"],
        [[*_row(who, contest, task, peak), f"{first[who]:.3f}"] for who in names],
    )


def _warm_up(names: dict[str, Contestant], task: Problem) -> dict[str, float]:
    """
    Let everyone learn one epoch, which also compiles what is to be compiled, and compare what they learnt.

    Returns:
        The seconds that took, by name.
    """
    start = task.loss(task.first_weights())
    losses, seconds = {}, {}
    for name, one in names.items():
        began = perf_counter()
        one.epoch()
        seconds[name] = perf_counter() - began
        losses[name] = task.loss(one.weights())
    ours = next(iter(losses.values()))
    # The first steps of Adam may lead uphill; that they lead all to the same place is what counts.
    deep = isinstance(task, DeepProblem)
    most = DEEP_TOLERANCE * abs(start - ours) if deep else TOLERANCE * ours
    lost = {name: loss for name, loss in losses.items() if not abs(loss - ours) <= most}
    if lost or not (ours != start if deep else ours < start):
        raise AssertionError(f"the contestants do not learn the same: from {start:.6f} to {losses}")
    furthest = max(abs(loss - ours) / ours for loss in losses.values())
    print(f"\nloss from {start:.4f} to {ours:.4f} in {task.steps} steps; they agree to {furthest:.0e}")
    return seconds


def _row(name: str, contest: Contest, task: Problem, peak: float) -> list[str]:
    step = contest.median(name) / task.steps
    low, high = (1e6 * seconds / task.steps for seconds in contest.spread(name))
    ours = next(iter(contest.rounds))
    return [
        name,
        f"{task.batch / step:,.0f}",
        f"{1e6 * step:.1f}",
        f"{low:.1f}-{high:.1f}",
        f"{contest.ratio(name, ours):.2f}",
        f"{task.flops / step / peak:.0%}",
    ]


def _watch(task: Problem, watchers: int, rounds: int, cpu: bool) -> None:
    alone, watched = Ours(task), Ours(task, watches=watchers, readers=1)
    both = {"unwatched": alone.epoch, "watched": watched.epoch}
    contest = alternate(rounds, {name: cpu_seconds(epoch) if cpu else epoch for name, epoch in both.items()})
    title = (
        f"An epoch of {task.steps} steps of {task.batch}, with {watchers} idle watches and an async reader"
    )
    contest.print(title)
    print(f"watched / unwatched: {contest.ratio('watched', 'unwatched'):.3f}")
