"""Compile ahead what trainings of neuron graphs would compile on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..backends import NumpyBackend
from ..data import TrainingSet, training_set
from ..layers import LSTM, Input
from ..network.build import neural_net
from ..network.learner import NetworkLearner
from ..snapshot import Net, training
from .architect import lstm
from .build import graph_net
from .learner import GraphLearner

_MINUTE = 60.0


def warm() -> Iterator[str]:
    """Train tiny neuron graphs in every way that is compiled, as `synapse_rx.network.warm.warm` does networks."""
    for gradient in ("truncated", "bptt"):
        graph = lstm(2, 1, 1, gradient=gradient)
        for dtype in ("float32", "float64"):
            net = graph_net(graph, training("backprop"), dtype=dtype).value
            for stored in (dtype, "uint8"):
                for shape in ((12, 2), (3, 4, 2)):
                    _learn(GraphLearner(net, _set(shape, stored), NumpyBackend()))
            _learn(GraphLearner(net, _set((12, 2), dtype), NumpyBackend(), chunks=False))
            _learn(_among_layers(graph, dtype))
    yield "neuron_graph"


def _among_layers(graph: Any, dtype: str) -> NetworkLearner:
    """Return what trains a graph that is asked for the gradient of its inputs."""
    net: Net = neural_net(
        [Input((4, 2)), LSTM(2, returns="sequence"), graph], training("backprop"), dtype=dtype
    ).value
    return NetworkLearner(net, _set((3, 4, 2), dtype), NumpyBackend(), chunks=False)


def _set(shape: tuple[int, ...], stored: str) -> TrainingSet:
    t = np.ones((*shape[:-1], 1))
    return training_set(np.ones(shape, stored), t, batch=2, shuffle=False, dtype=stored)


def _learn(learner: NetworkLearner) -> None:
    try:
        learner.learn(_MINUTE)
    finally:
        learner.close()
