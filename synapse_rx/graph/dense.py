"""Plain perceptrons as neuron graphs and as dense layers."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import evolve

from ..atoms import Atom
from ..errors import OptionError
from ..layers import Activation, Dense, Input
from ..network.arch import Arch
from ..network.build import atom_of
from ..network.compiled import snapshot_of
from ..params import Params
from ..snapshot import Net
from .build import graph_net
from .neuron_graph import NeuronGraph
from .parts import Group, Projection
from .weights import graph_of


def to_dense(net: Atom[Net] | Net) -> Atom[Net]:
    """
    Return a plain perceptron of neurons as a network of `Dense` layers: the same weights, the same answers.

    How it is trained goes along, but not where the training stands.

    Args:
        net: A cell or a snapshot of a network of one neuron graph.

    Raises:
        OptionError: If it is no plain perceptron.
    """
    snapshot = snapshot_of(net)
    graph = graph_of(snapshot)
    _check_plain(graph)
    layers = [Dense(group.size, group.activation) for group in graph.groups[1:]]
    arch = Arch(Input(graph.groups[0].size), layers)
    values = {}
    for place, (one, group) in enumerate(zip(_in_order(graph), graph.groups[1:], strict=True)):
        values[f"{place}.W"] = snapshot.params[f"0.{one.name}"].T
        values[f"{place}.b"] = (
            np.zeros(group.size) if group.bias is None else snapshot.params[f"0.{group.name}_bias"]
        )
    return _with(atom_of(arch, _fresh(snapshot), snapshot.labels, _dtype(snapshot)), values)


def from_dense(net: Atom[Net] | Net) -> Atom[Net]:
    """
    Return a network of `Dense` layers, activations among them, as a perceptron of single neurons.

    Args:
        net: A cell or a snapshot.

    Raises:
        OptionError: If it has other layers.
    """
    snapshot = snapshot_of(net)
    groups: list[Group] = [Group("input", int(np.prod(snapshot.arch.in_shape)), bias=None)]
    projections: list[Projection] = []
    values: dict[str, Any] = {}
    for place in snapshot.arch.places:
        layer = place.layer
        if isinstance(layer, Dense):
            name = f"hidden{len(groups)}"
            projections.append(
                Projection(len(groups) - 1, len(groups), "all_to_all", f"{groups[-1].name}_to_{name}")
            )
            groups.append(Group(name, layer.units, "linear"))
            path = ".".join(map(str, place.path))
            values[f"0.{projections[-1].name}"] = snapshot.params[f"{path}.W"].T
            values[f"0.{name}_bias"] = snapshot.params[f"{path}.b"]
        elif isinstance(layer, Activation) and len(groups) > 1 and groups[-1].activation.kind == "linear":
            groups[-1] = evolve(groups[-1], activation=layer.function)
        else:
            raise OptionError(f"only Dense layers and their activations become neurons, not {layer!r}")
    return _with(
        graph_net(
            NeuronGraph(groups, projections),
            _fresh(snapshot),
            labels=snapshot.labels,
            dtype=_dtype(snapshot),
        ),
        values,
    )


def _check_plain(graph: NeuronGraph) -> None:
    steps = [(one.source, one.target) for one in graph.projections]
    wanted = [(place, place + 1) for place in range(len(graph.groups) - 1)]
    plain = all(
        one.pattern == "all_to_all" and one.gater is None and one.trainable for one in graph.projections
    )
    if sorted(steps) != wanted or not plain or graph.inputs != 1 or graph.outputs != 1:
        raise OptionError(
            "only plain perceptrons become dense layers: each group connected with all of the next, without gates"
        )


def _in_order(graph: NeuronGraph) -> list[Projection]:
    return sorted(graph.projections, key=lambda one: one.source)


def _fresh(net: Net) -> Any:
    how = net.training
    return evolve(how, state=type(how.state)(), stats=type(how.stats)(), status="idle")


def _dtype(net: Net) -> str:
    return net.params.flat.dtype.name


def _with(cell: Atom[Net], values: dict[str, Any]) -> Atom[Net]:
    net = cell.value
    params: Params = net.params.replace(values)
    cell.reset(evolve(net, params=params))
    return cell
