"""
Neuron graphs beside JavaScript Synaptic under Node: online training and activation, microseconds a step.

The original comes from npm into a temporary folder, where Node and npm are installed; otherwise it is skipped. Both
sides first work for a while, so that compilers have done their work, on our side also that of the machine code that a
small graph gets of its own; how long the first call takes is told apart.
``XOR`` is also measured through both trainers. Rounds alternate, and CPU seconds are counted.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

import synapse_rx as sx
from synapse_rx import graph as g
from synapse_rx.backends import NumpyBackend

from .harness import alternate, equal_threads, pinned

VERSION = "1.1.4"
SCRIPT = Path(__file__).parent / "contestants" / "synaptic.js"

WARM = 3.0
"""CPU seconds before anything is measured; small graphs take half of it before they get machine code of their own."""

PATIENCE = ("--fetch-retries=0", "--fetch-timeout=20000")
"""Who has no network is told so soon."""

CASES: dict[str, tuple[Callable[[], g.NeuronGraph], list[Any], bool, int, float]] = {
    "perceptron(2,3,1)": (lambda: g.perceptron(2, 3, 1), ["Perceptron", 2, 3, 1], True, 200_000, 2),
    "lstm(5,3,2)": (lambda: g.lstm(5, 3, 2), ["LSTM", 5, 3, 2], True, 200_000, 3),
    "lstm(6,7,2)": (lambda: g.lstm(6, 7, 2), ["LSTM", 6, 7, 2], True, 2_000, 20),
    "perceptron(784,100,10)": (
        lambda: g.perceptron(784, 100, 10),
        ["Perceptron", 784, 100, 10],
        True,
        40,
        100,
    ),
    "activation, perceptron(784,100,10)": (
        lambda: g.perceptron(784, 100, 10),
        ["Perceptron", 784, 100, 10],
        False,
        40,
        100,
    ),
}
"""Graph, the original's architect, whether it learns, steps in a round, and the factor that is aimed at.

Rounds are long enough for what a process lost of its caches while the other had the core not to count.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, help="rounds of each case")


def run(quick: bool = False, rounds: int | None = None) -> None:
    with equal_threads(1), pinned(1), tempfile.TemporaryDirectory() as folder:
        node, warm = _installed(Path(folder)), 0.1 if quick else WARM
        for name, (graph, call, learns, steps, aim) in CASES.items():
            if quick and node is not None and "784" in name:
                continue  # the original takes seconds to begin with
            steps = max(steps // 100, 10) if quick else steps
            _compare(name, graph(), call, learns, steps, aim, node, rounds or (1 if quick else 7), warm)
        _trainers(node, rounds or (1 if quick else 7), warm)


def _compare(
    name: str,
    graph: g.NeuronGraph,
    call: list[Any],
    learns: bool,
    steps: int,
    aim: float,
    node: Node | None,
    rounds: int,
    warm: float,
) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, (steps, graph.features)).astype(np.float32)
    t = rng.integers(0, 2, (steps, graph.width)).astype(np.float32)
    start = perf_counter()
    ours = _learning(graph, x, t) if learns else _asking(graph, x)
    ours()
    first = perf_counter() - start
    if learns:
        _warm(ours, warm)
    contestants: dict[str, Callable[[], float]] = {"synapse_rx": lambda: ours() / steps}
    told = f"first call {first:.1f} s"
    theirs = None if node is None else node.start(call, steps, learns)
    if theirs is not None:
        told += f", synaptic's {theirs.first:.1f} s"
        contestants["synaptic"] = lambda: theirs.round() / steps
    contest = alternate(rounds, contestants)
    contest.print(f"{name} ({told})", unit="us a step", scale=1e6)
    if theirs is not None:
        theirs.close()
        print(f"  {contest.ratio('synaptic', 'synapse_rx'):.1f} times as fast as synaptic (aim: {aim:g})\n")


def _trainers(node: Node | None, rounds: int, warm: float) -> None:
    """Compare epochs of XOR in both trainers; ours has the corners a thousand times in an epoch."""
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32)
    x = np.tile(corners, (1000, 1))
    t = (x[:, :1] != x[:, 1:]).astype(np.float32)
    net = g.graph_net(g.perceptron(2, 3, 1), sx.training(learning_rate=0.2, loss="binary_cross_entropy"))
    data = sx.training_set(x, t, batch=1, shuffle=False)

    def train() -> float:
        start = process_time()
        sx.deref(sx.train(net, data, 10))
        return (process_time() - start) / (10 * len(x))

    _warm(train, warm)
    contestants: dict[str, Callable[[], float]] = {"synapse_rx": train}
    theirs = None
    if node is not None:
        theirs = node.start(["Perceptron", 2, 3, 1], 1000, True, trainer=True)
        contestants["synaptic"] = theirs.round
    contest = alternate(rounds, contestants)
    contest.print("XOR through the trainers, a sample", unit="us", scale=1e6)
    if theirs is not None:
        theirs.close()
        print(f"  {contest.ratio('synaptic', 'synapse_rx'):.1f} times as fast as synaptic (aim: 2)\n")


def _warm(learn: Callable[[], float], seconds: float) -> None:
    """Learn for a while."""
    stop = process_time() + seconds
    while process_time() < stop:
        learn()


def _learning(graph: g.NeuronGraph, x: Any, t: Any) -> Callable[[], float]:
    """Return what learns all steps, each on its own, and tells the CPU seconds."""
    net = g.graph_net(graph, sx.training(learning_rate=0.1, loss="binary_cross_entropy")).value
    data = sx.training_set(x, t, batch=1, shuffle=False)
    learner = net.arch.learner(net, data, NumpyBackend())

    def learn() -> float:
        start = process_time()
        while not learner.learn(60.0).epoch_done:
            pass
        return process_time() - start

    return learn


def _asking(graph: g.NeuronGraph, x: Any) -> Callable[[], float]:
    """Return what answers all steps, one after the other."""
    answer = g.standalone(g.graph_net(graph))

    def ask() -> float:
        start = process_time()
        for row in x:
            answer(row)
        return process_time() - start

    return ask


class Node:
    """
    The original in a folder of its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def start(self, call: list[Any], steps: int, learns: bool, trainer: bool = False) -> Contestant:
        """
        Start a process that has a network and is warm.
        """
        return Contestant(self._folder, {"call": call, "steps": steps, "learns": learns, "trainer": trainer})


class Contestant:
    """
    A process that does a round for every line it is written, and answers with its CPU seconds.
    """

    def __init__(self, folder: Path, job: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            ["node", str(folder / "synaptic.js"), json.dumps(job)],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.first = self._read()

    def round(self) -> float:
        """
        Return the CPU seconds of one round.
        """
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return self._read()

    def close(self) -> None:
        """
        End it.
        """
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _read(self) -> float:
        assert self._process.stdout is not None
        return float(self._process.stdout.readline())


def _installed(folder: Path) -> Node | None:
    """Return the original, fetched into ``folder``; None, and a line why, where that cannot be."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        print("synaptic is skipped: node and npm are not installed\n")
        return None
    done = subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund", *PATIENCE, f"synaptic@{VERSION}"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        print(f"synaptic is skipped: npm cannot fetch it: {done.stderr.strip()[-200:]}\n")
        return None
    shutil.copy(SCRIPT, folder)
    return Node(folder)
