"""
The event loop's lag beside a training: how late a coroutine wakes that sleeps one millisecond at a time.

The training runs at full speed on its own thread; bare threads with the same steps in plain numpy, in PyTorch and in
one compiled call of JAX an epoch show what cannot be had better, ``executor="inline"`` what a training in the loop
itself does to it.
"""

from __future__ import annotations

import argparse
import asyncio
from time import perf_counter

import numpy as np

import synapse_rx as sx

from .contestants import Contestant
from .contestants.by_hand import ByHand
from .contestants.loads import Background, nothing, thread, training
from .contestants.problem import Problem, problem
from .contestants.pytorch import Eager
from .contestants.with_jax import Scan
from .harness import alternate, equal_threads, peer, table

TICK = 1e-3
"""Seconds the ticker sleeps."""

SETTLE = 0.1
"""Seconds that a load may take to get going before lags count."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 128], help="batch sizes")
    parser.add_argument("--seconds", type=float, help="seconds beside each load in one round")
    parser.add_argument("--rounds", type=int, help="rounds measured")


def run(
    quick: bool = False,
    batch: tuple[int, ...] = (32, 128),
    seconds: float | None = None,
    rounds: int | None = None,
) -> None:
    seconds = seconds or (0.3 if quick else 4.0)
    rounds = rounds or (1 if quick else 5)
    with equal_threads(1), asyncio.Runner() as runner:
        runner.get_loop()
        for size in batch:
            task = problem("random", 4096 if quick else 16_384, size)
            _measure(runner, task, seconds, rounds)


def _measure(runner: asyncio.Runner, task: Problem, seconds: float, rounds: int) -> None:
    sx.train(task.net(), task.training_set(), 1).result()  # loads and compiles
    loads = {"idle": nothing, "synapse_rx": training(task), **_threads(task)}
    loads['executor="inline"'] = training(task, executor="inline")
    meters = {name: Meter(runner, load, seconds) for name, load in loads.items()}
    contest = alternate(rounds, {name: meter.measure for name, meter in meters.items()}, warmup=0)
    title = f"Lag of a {1e3 * TICK:g} ms ticker beside batches of {task.batch}, ms; {rounds} x {seconds:g} s"
    rows = [[name, *meter.row(), f"{contest.median(name):,.0f}"] for name, meter in meters.items()]
    table(title, ["", "p50", "p99", "max", "ticks", "steps/s"], rows)
    print(f"the call of train itself holds the loop for {1e3 * runner.run(_call(task)):.1f} ms")


def _threads(task: Problem) -> dict[str, Background]:
    """
    Return what does the same on a bare thread, warmed up.
    """
    found: dict[str, Contestant] = {"numpy": ByHand(task)}
    if torch := peer("torch"):
        found["PyTorch"] = Eager(torch, task)
    if jax := peer("jax"):
        found["JAX scan"] = Scan(jax, task)
    for one in found.values():
        one.epoch()
    return {f"{name} on a thread": thread(one, task) for name, one in found.items()}


class Meter:
    """
    A ticker beside one load; lags of all rounds are put together.
    """

    def __init__(self, runner: asyncio.Runner, load: Background, seconds: float) -> None:
        self._runner = runner
        self._load = load
        self._seconds = seconds
        self._lags: list[float] = []

    def measure(self) -> float:
        """
        Tick for a round, and return the steps a second that the load did.
        """
        return self._runner.run(self._round())

    def row(self) -> list[str]:
        """
        Return median, 99th percentile and maximum in milliseconds, and the number of ticks.
        """
        lags = 1e3 * np.array(self._lags)
        return [*(f"{value:.2f}" for value in (*np.percentile(lags, [50, 99]), lags.max())), str(len(lags))]

    async def _round(self) -> float:
        async with self._load() as load:
            await asyncio.sleep(SETTLE)
            self._lags += await _tick(self._seconds)
        return load.rate


async def _tick(seconds: float) -> list[float]:
    lags = []
    end = perf_counter() + seconds
    while (start := perf_counter()) < end:
        await asyncio.sleep(TICK)
        lags.append(perf_counter() - start - TICK)
    return lags


async def _call(task: Problem) -> float:
    """
    Return how long the call of `synapse_rx.train` takes, in seconds.
    """
    net, data = task.net(), task.training_set()
    start = perf_counter()
    run = sx.train(net, data, 1)
    seconds = perf_counter() - start
    await run
    return seconds
