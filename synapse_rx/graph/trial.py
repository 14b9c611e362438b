"""Kernels of neuron graphs, tried beside array functions where they are first used."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import evolve

from ..backends import NumpyBackend
from ..scratch import Buffers, Scratch
from ..typing import Array
from .architect import lstm
from .neuron_graph import NeuronGraph
from .reference import Reference
from .runs import runs
from .walks import Walks
from .wiring import wiring

N, STEPS = 3, 4


def agrees(walks: Walks) -> bool:
    """Return whether kernels compute what `Reference` computes: a small graph with everything there is in it."""
    graph = lstm(2, 3, 2, hidden_to_hidden=True, output_to_gates=True)
    return all(_agrees(walks, evolve(graph, gradient=gradient)) for gradient in ("truncated", "bptt"))


def _agrees(walks: Walks, graph: NeuronGraph) -> bool:
    w, rng = wiring(graph), np.random.default_rng(1)
    drawn = {
        name: rng.uniform(-1, 1, shape).astype(walks.dtype)
        for name, shape in (
            ("weights", w.weights),
            ("x", (N, STEPS, w.inputs)),
            ("D", (N, STEPS, w.units - w.outputs)),
        )
    }
    expected, found = _by_arrays(graph, **drawn), _by_kernels(walks, graph, **drawn)
    return all(
        np.allclose(one, other, rtol=1e-4, atol=1e-4) for one, other in zip(found, expected, strict=True)
    )


def _begun(graph: NeuronGraph, x: Array) -> tuple[Array, Array]:
    w = wiring(graph)
    Y, S = np.zeros((N, STEPS + 1, w.units + 1), x.dtype), np.zeros((N, STEPS + 1, w.units), x.dtype)
    Y[:, :, -1], Y[:, 1:, : w.inputs] = 1, x
    return Y, S


def _by_arrays(graph: NeuronGraph, weights: Array, x: Array, D: Array) -> tuple[Array, ...]:
    w, host = wiring(graph), NumpyBackend()
    reference = Reference(graph, Scratch(host, Buffers(host, N, x.dtype), N))
    Y, S = _begun(graph, x)
    theta = np.concatenate([weights, w.fixed.astype(x.dtype), np.zeros(1, x.dtype)])
    reference.forward(Y, S, theta)
    grad, eps, ext, dx = (
        np.zeros(shape, x.dtype) for shape in (w.weights, (N, w.eligibilities), (N, w.extensions), x.shape)
    )
    reference.backward(Y, S, theta, D, grad, eps, ext, dx)
    return Y, S, grad, dx


def _by_kernels(walks: Walks, graph: NeuronGraph, weights: Array, x: Array, D: Array) -> tuple[Array, ...]:
    w, xp, table = wiring(graph), walks.xp, runs(graph)
    assert table is not None

    def send(array: Any) -> Any:
        return xp.array(np.ascontiguousarray(array))

    def empty(*shape: int) -> Any:
        return xp.zeros((*shape, N), x.dtype)

    Y, S = (send(one.transpose(1, 2, 0)) for one in _begun(graph, x))
    theta, fixed, table = send(weights), send(np.append(w.fixed, 0).astype(x.dtype)), send(table)
    walks.forward(table, theta, fixed, Y, S, N)
    made = empty(w.weights), empty(w.eligibilities + 1), empty(w.extensions + 1), empty(STEPS, w.inputs)
    room = empty(6, w.units + 1), empty(len(w.source) + 1), empty(w.pairs.shape[1] + 1)
    walks.backward(
        table,
        theta,
        fixed,
        (Y, S, send(D.transpose(1, 2, 0))),
        made,
        room,
        N,
        pairs=w.pairs.shape[1],
        bptt=graph.gradient == "bptt",
        wants_dx=True,
    )
    Y, S, dx = (xp.asnumpy(one).transpose(2, 0, 1) for one in (Y, S, made[3]))
    return Y, S, xp.asnumpy(made[0]).sum(axis=1), dx
