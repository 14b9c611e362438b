"""
What the test suite of JavaScript Synaptic asks of engines, copies, rates and schedules, as functions of a seed.

`suite` asks what is learnt; epochs of schedules and rates are a tenth of the original's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import synapse_rx as sx
from synapse_rx import fast
from synapse_rx import graph as g

Pair = tuple[sx.Atom[Any], sx.Atom[Any]]


def bits(seed: int, steps: int, inputs: int, outputs: int, dtype: str = "float64") -> Any:
    """Return random steps in their order, to be learnt one by one."""
    rng = np.random.default_rng(seed)
    x, t = (rng.integers(0, 2, (steps, n)).astype(dtype) for n in (inputs, outputs))
    return sx.training_set(x, t, batch=1, shuffle=False, targets="values", dtype=dtype)


def online(graph: g.NeuronGraph, seed: int, rate: Any = 0.5, dtype: str = "float64") -> sx.Atom[Any]:
    """Return a network that learns by the original's rule."""
    how = sx.training(learning_rate=rate, loss="binary_cross_entropy", seed=seed)
    return g.graph_net(graph, how, dtype=dtype)


@contextmanager
def by_numpy() -> Iterator[None]:
    """Compute without machine code."""
    before = os.environ.get("SYNAPSE_RX_FAST")
    os.environ["SYNAPSE_RX_FAST"] = "0"
    fast.forget()
    try:
        yield
    finally:
        if before is None:
            del os.environ["SYNAPSE_RX_FAST"]
        else:
            os.environ["SYNAPSE_RX_FAST"] = before
        fast.forget()


def engines(seed: int) -> bool:
    """Machine code and numpy learn the same in 1000 steps."""

    def answers() -> Any:
        net = online(g.lstm(2, 1, 1), seed)
        sx.deref(sx.train(net, bits(seed, 1000, 2, 1), 1))
        return sx.outputs(net, np.random.default_rng(seed).integers(0, 2, (100, 2)))

    with by_numpy():
        slow = answers()
    return bool(np.mean((answers() - slow) ** 2) <= 1e-9)


def alike(pair: Pair, seed: int) -> bool:
    """Whether two networks answer alike while both learn 1000 steps on."""
    asked = np.random.default_rng(seed).integers(0, 2, (10, 10))
    for part in range(10):
        for net in pair:
            sx.deref(sx.train(net, bits(seed + part, 100, 10, 5), 1))
        one, other = (sx.outputs(net, asked) for net in pair)
        if not np.mean((one - other) ** 2) <= 1e-10:
            return False
    return True


def copies(seed: int) -> bool:
    """A copy, taken in the middle of a sequence, learns on as what it was taken of."""
    net = online(g.lstm(10, 5, 5), seed)
    sx.deref(sx.train(net, bits(seed, 100, 10, 5), 1))
    return alike((net, sx.atom(net.value)), seed)


def round_trips(seed: int) -> bool:
    """A network that went through the original's JSON learns as the one it was written from."""
    net = online(g.lstm(10, 5, 5), seed)
    again = g.from_synaptic(json.dumps(g.to_synaptic(net)), net.value.training)
    return alike((net, again), seed)


def epochs_till(stop: Callable[[int], Any], seed: int) -> int:
    """Return after how many of 300 epochs a training ends which is asked every 100 whether to stop."""
    net = online(g.perceptron(2, 3, 1), seed, 1e-6)

    @net.add_watch("schedule")
    def schedule(key: Any, cell: Any, old: Any, new: Any) -> None:
        done = new.training.stats.epochs
        if done and done > old.training.stats.epochs and done % 100 == 0 and stop(done):
            sx.stop_training(cell)

    corners = sx.training_set([[0, 0], [1, 0], [0, 1], [1, 1]], [[0.0], [1.0], [1.0], [0.0]], online=True)
    return sx.deref(sx.train(net, corners, 300)).training.stats.epochs


def schedules(seed: int) -> bool:
    """What is asked every so many epochs stops a training if it says so, and only then."""
    ends = [
        epochs_till(stop, seed) for stop in (lambda done: False, lambda done: done == 200, lambda done: None)
    ]
    return ends == [300, 200, 300]


def rates(seed: int) -> bool:
    """A rate that is a function of the epoch, and one that is a list, are what they say at every epoch."""
    corners = sx.training_set([[0, 0], [1, 0], [0, 1], [1, 1]], [[0.0], [1.0], [1.0], [0.0]], online=True)
    for rate in (lambda epoch, step, stats: 0.01 if epoch < 100 else 0.005, [(100, 0.01), (100, 0.005)]):
        net = online(g.perceptron(2, 3, 1), seed, rate)
        told = sx.deref(sx.train(net, corners, 200)).training.stats.learning_rate
        if [told[it - 1] for it in (1, 50, 99, 100, 150, 200)] != [0.01] * 3 + [0.005] * 3:
            return False
    return True
