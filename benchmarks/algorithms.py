"""
Time a step of every algorithm on 784-100-10: relative to plain SGD, and to PyTorch's optimisers in the same run.

This library's learner works on this thread, without anybody to tell. PyTorch does each algorithm in every way it has
for a CPU, one by one (loop), for all parameters at once (foreach) and in C++ (fused), and by ``torch.compile`` of all
parameters' step (compiled), which a quick look leaves out; the table shows the fastest.
Everyone learns the same batches with the same number of threads, in turn, round after round; ratios are medians of
the ratios within the rounds. The perceptron, which has another network, and L-BFGS, which has no mini-batches, stay
out.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import frozen

import synapse_rx as sx
from synapse_rx.backends import backend
from synapse_rx.network.learner import NetworkLearner

from .contestants.optimizers import PAIRS, Pair, TorchNet, ways
from .contestants.problem import Problem, problem
from .harness import Contest, alternate, cpu_seconds, equal_threads, peer, pinned, table

BASE = "SGD"
TARGET = 1.25
"""How much longer than plain SGD's an adaptive algorithm's step may take, once it is compiled."""

Epoch = Callable[[], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--batch", type=int, default=128, help="batch size")
    parser.add_argument("--threads", type=int, default=1, help="compute threads (and cores) for everyone")
    parser.add_argument("--samples", type=int, help="samples in an epoch")
    parser.add_argument("--rounds", type=int, help="epochs measured")
    parser.add_argument("--cpu", action="store_true", help="count CPU seconds, if others use the machine too")


def run(
    quick: bool = False,
    batch: int = 128,
    threads: int = 1,
    samples: int | None = None,
    rounds: int | None = None,
    cpu: bool = False,
) -> None:
    rounds = rounds or (2 if quick else 25)
    torch = peer("torch")
    with equal_threads(threads), pinned(threads):
        task = problem("random", samples or (1024 if quick else 8192), batch)
        times = Times(task, _measure(torch, task, rounds, cpu, quick))
    table(
        f"784-100-10, batch {batch}, {len(task.x)} samples an epoch, {threads} thread(s), {rounds} rounds"
        f"{', CPU seconds' if cpu else ''}",
        ["", "us/step", "quartiles", "/ SGD", "PyTorch us/step", "its way", "/ its SGD", "PyTorch/ours"],
        [times.row(name) for name in PAIRS],
    )
    print(f"within {TARGET} of SGD: {'; '.join(times.within(TARGET)) or 'none'}")
    if torch:
        print(f"ahead of PyTorch's fastest: {'; '.join(times.ahead()) or 'none'}")


def _measure(torch: Any, task: Problem, rounds: int, cpu: bool, quick: bool) -> Contest:
    epochs: dict[str, Epoch] = {}
    for name, pair in PAIRS.items():
        epochs[name] = ours(task, pair.ours)
        if torch and pair.theirs:
            for way, options in ways(torch, pair.theirs).items():
                epochs[f"{name}/{way}"] = theirs(torch, task, pair, options)
            if not quick:
                epochs[f"{name}/compiled"] = theirs(torch, task, pair, {}, compiled=True)
    return alternate(rounds, {name: cpu_seconds(epoch) for name, epoch in epochs.items()} if cpu else epochs)


def ours(task: Problem, algorithm: sx.Algorithm) -> Epoch:
    """
    Return what learns one epoch by this library's learner.
    """
    net = sx.with_algorithm(task.net().value, algorithm)
    learner = NetworkLearner(net, task.training_set(), backend("numpy"))

    def epoch() -> None:
        while not learner.learn(1.0).epoch_done:
            pass

    return epoch


def theirs(torch: Any, task: Problem, pair: Pair, way: dict[str, bool], *, compiled: bool = False) -> Epoch:
    """
    Return what learns one epoch by PyTorch.
    """
    assert pair.theirs is not None
    net = TorchNet(torch, task.net().value.params, pair.theirs, pair.torch_options() | way)
    if compiled:
        # Every algorithm is one more case of the same function, of which eight would be compiled and the others not.
        torch._dynamo.config.recompile_limit = 4 * len(PAIRS)
        net.optimizer.step = torch.compile(net.optimizer.step)
    batches = [
        tuple(torch.from_numpy(part) for part in batch)
        for batch in task.batches(task.x, task.labels.astype(np.int64))
    ]

    def epoch() -> None:
        for x, labels in batches:
            net.step(x, labels)

    return epoch


@frozen
class Times:
    """
    What was measured, by algorithm.
    """

    task: Problem
    contest: Contest

    def row(self, name: str) -> list[str]:
        """
        Return an algorithm's line of the table.
        """
        cells = [name, self._step(name), self._quartiles(name), f"{self.contest.ratio(name, BASE):.2f}"]
        fastest = self.fastest(name)
        if fastest is None:
            return [*cells, "", "", "", ""]
        return [
            *cells,
            self._step(fastest),
            fastest.partition("/")[2],
            f"{self.contest.ratio(fastest, self.fastest(BASE) or BASE):.2f}",
            f"{self.contest.ratio(fastest, name):.2f}",
        ]

    def fastest(self, name: str) -> str | None:
        """
        Return PyTorch's fastest way; None if it has none.
        """
        found = [other for other in self.contest.rounds if other.startswith(f"{name}/")]
        return min(found, key=self.contest.median, default=None)

    def within(self, factor: float) -> list[str]:
        """
        Return the algorithms whose step takes at most ``factor`` times plain SGD's.
        """
        return [name for name in PAIRS if name != BASE and self.contest.ratio(name, BASE) <= factor]

    def ahead(self) -> list[str]:
        """
        Return the algorithms whose step takes less time than the fastest of PyTorch's.
        """
        pairs = [(name, self.fastest(name)) for name in PAIRS]
        return [name for name, other in pairs if other and self.contest.ratio(other, name) > 1]

    def _step(self, name: str) -> str:
        return f"{1e6 * self.contest.median(name) / self.task.steps:.1f}"

    def _quartiles(self, name: str) -> str:
        low, high = (1e6 * seconds / self.task.steps for seconds in self.contest.spread(name))
        return f"{low:.1f}-{high:.1f}"
