"""The weights of single connections, and the activations of single neurons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve

from ..atoms import Atom
from ..backends import NumpyBackend
from ..errors import OptionError, ShapeError
from ..network.compiled import snapshot_of
from ..scratch import Buffers, Scratch
from ..snapshot import Net
from ..typing import Array
from .arch import GraphArch
from .connections import connections
from .neuron_graph import NeuronGraph
from .passes import Passes
from .wiring import wiring


def graph_of(net: Net) -> NeuronGraph:
    """
    Return the neuron graph of a network.

    Raises:
        OptionError: If it is another network.
    """
    if not isinstance(net.arch, GraphArch):
        raise OptionError(f"this is for networks of one neuron graph (graph_net), not for {net.arch!r}")
    return net.arch.graph


def single_weights(net: Net) -> tuple[np.ndarray, np.ndarray]:
    """Return the weight of each connection, in the order of the projections, and the bias of each neuron."""
    graph = graph_of(net)
    w = wiring(graph)
    found = connections(graph.groups, graph.projections, graph.inputs, graph.outputs)
    every = np.concatenate([net.params.flat.astype(np.float64), w.fixed, [0.0]])
    key = w.target * (w.units + 1) + w.source
    wanted = found.target * (w.units + 1) + found.source
    own = np.flatnonzero(w.selves)
    keys = np.concatenate([key, own * (w.units + 1) + own])
    places = np.concatenate([w.weight, w.self_weight[own]])
    order = np.argsort(keys)
    place = places[order][np.searchsorted(keys[order], wanted)]
    return every[place], every[w.bias[:-1]]


def activities(net: Atom[Net] | Net, samples: Any) -> Mapping[str, Array]:
    """
    Return what every neuron does: the activations of each group by name.

    Args:
        net: A cell or a snapshot of a network of one neuron graph.
        samples: Sequences (N, steps, features), or the steps of one (steps, features).

    Returns:
        By the name of the group (N, steps, size), or (steps, size); sequences begin with nothing remembered.

    Raises:
        OptionError: If it is another network.
        ShapeError: If the samples do not fit.
    """
    snapshot = snapshot_of(net)
    graph = graph_of(snapshot)
    x = np.asarray(samples, snapshot.params.flat.dtype)
    if x.ndim not in (2, 3) or x.shape[-1] != graph.features:
        raise ShapeError(
            f"this network takes (steps, {graph.features}) or (N, steps, {graph.features}), not {x.shape}"
        )
    sequences = x if x.ndim == 3 else x[None]
    own = Scratch(
        NumpyBackend(),
        Buffers(NumpyBackend(), len(sequences), x.dtype),
        len(sequences),
        params=snapshot.params.layout.views(snapshot.params.flat, (0,)),
        training=False,
    )
    passes = Passes(evolve(graph, stream=False, states=False), sequences.shape[1], True, own)
    with np.errstate(all="ignore"):
        passes.forward(sequences, own)
    Y = passes.Y[:, 1:] if x.ndim == 3 else passes.Y[0, 1:]
    starts = np.cumsum([0, *(group.size for group in graph.groups)])
    return {
        group.name: Y[..., start : start + group.size].copy()
        for group, start in zip(graph.groups, starts[:-1].tolist(), strict=True)
    }
