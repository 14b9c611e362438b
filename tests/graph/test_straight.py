"""Machine code of a graph's own: the same bits as the kernels that all graphs share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx import fast
from synapse_rx import graph as g
from synapse_rx.backends import NumpyBackend
from synapse_rx.graph import straight
from synapse_rx.graph.learner import GraphLearner

pytestmark = pytest.mark.skipif(fast.why_not() is not None, reason="nothing is compiled here")

RNG = np.random.default_rng(0)
X, T = RNG.standard_normal((60, 2)).astype(np.float32), RNG.integers(0, 2, (60, 2)).astype(np.float32)


def odd() -> g.NeuronGraph:
    """Every activation, gates before and behind what they gate, weights that do not learn, connections back."""
    x, gate, cell, back = g.Layer(2), g.Layer(2), g.Layer(2, "tanh"), g.Layer(1, "relu")
    hard, y = g.Layer(2, "hard_limiter"), g.Layer(2, "linear")
    x.project(gate, weights=0.3, trainable=False)
    gate.gate(x.project(cell))
    gate.gate(cell.project(cell, weights=0.7, trainable=True), g.ONE_TO_ONE)
    cell.project(gate)
    cell.project(back)
    x.project(hard)
    hard.gate(x.project(back), g.OUTPUT)
    back.project(cell)
    cell.project(y)
    back.project(y)
    y.project(hard)
    return g.Network(x, [gate, cell, back, hard], y).graph(seed=3)


CASES: dict[str, tuple[g.NeuronGraph, Any, dict[str, Any]]] = {
    "one by one": (g.lstm(2, 2, 2), (X, T, 1), {"loss": "binary_cross_entropy"}),
    "without recurrence": (g.perceptron(2, 3, 2, activation=["tanh", "sigmoid"]), (X, T, 1), {}),
    "odd": (odd(), (X, T, 1), {"learning_rate": 0.02}),
    "classes": (g.lstm(2, 2, 2, output="softmax"), (X, T, 1), {"loss": "categorical_cross_entropy"}),
    "several steps": (odd(), (X, T, 7), {"algorithm": "adam"}),
    "sequences": (odd(), (X.reshape(6, 10, 2), T.reshape(6, 10, 2), 2), {"learning_rate": 0.01}),
    "through time": (
        g.lstm(2, 2, 2, gradient="bptt", hidden_to_hidden=True),
        (X.reshape(6, 10, 2), T.reshape(6, 10, 2), 4),
        {"momentum": 0.9},
    ),
}


def learnt(name: str) -> tuple[sx.Net, bool]:
    """Return the snapshot behind three epochs, and whether there was code of the graph's own."""
    graph, (x, t, batch), options = CASES[name]
    how = {"algorithm": "backprop", "learning_rate": 0.1, "loss": "squared_error"} | options
    net = g.graph_net(graph, sx.training(how.pop("algorithm"), **how)).value
    data = sx.training_set(x, t, batch=batch, shuffle=False, targets="values")
    straight.straight.cache_clear()
    learner = GraphLearner(net, data, NumpyBackend())
    for _ in range(3):
        while not learner.learn(60.0).epoch_done:
            pass
    chunk = learner.standing.engine.chunk
    own = [one for one in (chunk._online, chunk._straight) if one is not None]
    return learner.merge(net), any(one.addresses(0).any() for one in own)


@pytest.mark.parametrize("name", CASES)
def test_a_graph_learns_the_same_by_code_of_its_own(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shared, own = learnt(name)
    assert not own

    monkeypatch.setattr(straight, "AFTER", 1)
    straightened, own = learnt(name)
    assert own

    assert np.array_equal(straightened.params.flat, shared.params.flat)
    assert np.array_equal(straightened.kept.flat, shared.kept.flat)
    for kind, errors in shared.training.stats.training.items():
        assert np.array_equal(straightened.training.stats.training[kind], errors)


def test_a_large_graph_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(straight, "AFTER", 1)
    monkeypatch.setattr(straight, "LARGEST", 3)

    assert not learnt("without recurrence")[1]
