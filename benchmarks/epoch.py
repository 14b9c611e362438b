"""
What an epoch costs beyond its steps: one of a single step, for the learner alone and through all that lies around it.

With small data sets an epoch is short, and what happens once an epoch counts: errors are summed up, a snapshot is made
(every weight is copied), it is published, the event loop is told.
"""

from __future__ import annotations

import argparse
import asyncio
from time import perf_counter

import synapse_rx as sx
from synapse_rx.backends import backend
from synapse_rx.network.learner import NetworkLearner

from .contestants.problem import Problem, problem
from .harness import alternate, equal_threads, pinned

STEPS = 128
"""Steps of the long epoch that a step's own time is taken from."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--batch", type=int, nargs="+", default=[32], help="batch sizes")
    parser.add_argument("--epochs", type=int, help="epochs in a round")
    parser.add_argument("--rounds", type=int, help="rounds measured")


def run(
    quick: bool = False, batch: tuple[int, ...] = (32,), epochs: int | None = None, rounds: int | None = None
) -> None:
    epochs, rounds = epochs or (20 if quick else 500), rounds or (3 if quick else 15)
    with equal_threads(1), pinned(1):
        for size in batch:
            _measure(size, epochs, rounds)


def _measure(batch: int, epochs: int, rounds: int) -> None:
    short, long = problem("random", batch, batch), problem("random", STEPS * batch, batch)
    contest = alternate(
        rounds,
        {
            "a step": lambda: _learn(long, epochs // STEPS + 1) / STEPS,
            "an epoch of one step": lambda: _learn(short, epochs),
            "and a snapshot": lambda: _learn(short, epochs, snapshots=True),
            "trained inline": lambda: asyncio.run(_train(short, epochs, "inline")),
            "trained on a thread": lambda: asyncio.run(_train(short, epochs, "thread")),
        },
    )
    contest.print(f"An epoch of one step of {batch}, {rounds} rounds of {epochs}", unit="us", scale=1e6)


def _learn(task: Problem, epochs: int, *, snapshots: bool = False) -> float:
    """
    Return the seconds an epoch takes the learner alone.
    """
    net = task.net().value
    learner = _learner(task, net)
    start = perf_counter()
    for _ in range(epochs):
        while not learner.learn(1.0).epoch_done:
            pass
        if snapshots:
            net = learner.merge(net)
    return (perf_counter() - start) / epochs


async def _train(task: Problem, epochs: int, executor: str) -> float:
    """
    Return the seconds an epoch takes `synapse_rx.train`, from its return to the end of the run.
    """
    run = sx.train(task.net(), task.training_set(), epochs, executor=executor)
    start = perf_counter()
    await run
    return (perf_counter() - start) / epochs


def _learner(task: Problem, net: sx.Net) -> NetworkLearner:
    return NetworkLearner(net, task.training_set(), backend("numpy"))
