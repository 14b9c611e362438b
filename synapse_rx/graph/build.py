"""Make networks of neuron graphs, and forget what they remember."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from attrs import evolve

from ..algorithms import Algorithm
from ..atoms import Atom
from ..errors import DataError
from ..network.build import atom_of
from ..params import Params
from ..snapshot import Net, Training
from .arch import GraphArch
from .neuron_graph import NeuronGraph

T = TypeVar("T", bound="Atom[Net] | Net")


def graph_net(
    graph: NeuronGraph,
    training: Training | Algorithm | str = "backprop",
    *,
    labels: Sequence[Any] | None = None,
    dtype: str = "float32",
) -> Atom[Net]:
    """
    Make a network of a neuron graph: an `Atom` holding a `Net`, like any other.

    It learns from samples (N, features), each on its own or, if the graph is recurrent, as the steps of one sequence;
    or from sequences (N, steps, features) of any length. It is asked in the same ways.

    Args:
        graph: The graph.
        training: How to train it: what `synapse_rx.training` returns, or an algorithm or its name.
        labels: The classes in the order of the outputs.
        dtype: "float32" or "float64".

    Raises:
        LossError: If the loss asked for is not defined on the network's outputs.
        LabelError: If there are not as many different labels as outputs.
        OptionError: If the algorithm cannot train it.
    """
    return atom_of(GraphArch.of_graph(graph), training, labels, dtype)


def clear(net: T) -> T:
    """
    Forget what a recurrent network remembers of the steps before: activations, states and traces become 0.

    Args:
        net: A cell, whose snapshot is exchanged (``clear(net)``, also while it is in training), or a snapshot.

    Returns:
        The cell, or the cleared snapshot.

    Raises:
        DataError: If it is neither.
    """
    if isinstance(net, Net):
        return cleared(net)  # pyright: ignore[reportReturnType]
    if not isinstance(net, Atom):
        raise DataError(f"clear takes a network, a cell or a snapshot, not {type(net).__name__}")
    net.swap(cleared)
    return net


def cleared(net: Net) -> Net:
    """Return ``net`` with nothing remembered."""
    if not net.kept.flat.any():
        return net
    flat = np.zeros_like(net.kept.flat)
    flat.setflags(write=False)
    return evolve(net, kept=Params(net.kept.layout, flat))
