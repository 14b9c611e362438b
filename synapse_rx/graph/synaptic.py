"""Networks in the JSON format of JavaScript Synaptic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve

from ..algorithms import Algorithm
from ..atoms import Atom
from ..errors import FormatError, OptionError, SynapseError
from ..files.strict_json import loads
from ..network.compiled import snapshot_of
from ..params import Params
from ..snapshot import Net, Training
from .build import graph_net
from .connections import connections
from .neuron_graph import NeuronGraph
from .parts import Group, Projection
from .values import GivenValues
from .weights import graph_of, single_weights

SQUASHES: Mapping[str, str] = {
    "LOGISTIC": "sigmoid",
    "TANH": "tanh",
    "IDENTITY": "linear",
    "HLIM": "hard_limiter",
    "RELU": "relu",
}
"""Activations by the names they have there."""


def to_synaptic(net: Atom[Net] | Net) -> dict[str, Any]:
    """
    Return a network of a neuron graph as JavaScript Synaptic writes it: plain data for ``json.dumps``.

    That library takes every connection of a neuron with itself as 1, and knows no group names.

    Args:
        net: A cell or a snapshot.

    Raises:
        OptionError: If it is no neuron graph, or has an activation that is unknown there.
    """
    snapshot = snapshot_of(net)
    graph = graph_of(snapshot)
    names = {ours: theirs for theirs, ours in SQUASHES.items()}
    for group in graph.groups:
        if group.activation.kind not in names:
            raise OptionError(
                f"synaptic has no activation {group.activation.kind}; it has {', '.join(SQUASHES.values())}"
            )
    found = connections(graph.groups, graph.projections, graph.inputs, graph.outputs)
    weights, biases = single_weights(snapshot)
    activation, state = _memory(snapshot, len(biases))
    neurons: list[dict[str, Any]] = []
    for place, group in enumerate(graph.groups):
        hidden = place - graph.inputs
        inside = "input" if hidden < 0 else "output" if place >= len(graph.groups) - graph.outputs else hidden
        for number in range(int(found.starts[place]), int(found.starts[place + 1])):
            neurons.append(
                {
                    "trace": {"elegibility": {}, "extended": {}},
                    "state": float(state[number]),
                    "old": float(state[number]),
                    "activation": float(activation[number]),
                    "bias": float(biases[number]),
                    "layer": inside,
                    "squash": names[group.activation.kind],
                }
            )
    rows = zip(
        found.source.tolist(), found.target.tolist(), weights.tolist(), found.gater.tolist(), strict=True
    )
    return {
        "neurons": neurons,
        "connections": [
            {"from": one, "to": other, "weight": weight, "gater": None if gater < 0 else gater}
            for one, other, weight, gater in rows
        ],
    }


def from_synaptic(
    data: str | Mapping[str, Any],
    training: Training | Algorithm | str = "backprop",
    *,
    gradient: str = "truncated",
    dtype: str = "float64",
) -> Atom[Net]:
    """
    Make a network of what JavaScript Synaptic wrote: ``JSON.stringify(network.toJSON())``.

    It goes on where the other stood: activations and states are taken over. Connections of neurons with themselves do
    not learn, as they do not there.

    Args:
        data: The JSON text, or what it stands for.
        training: How to train it on.
        gradient: As for `NeuronGraph`.
        dtype: "float32" or "float64".

    Raises:
        FormatError: If it is something else, or its connections make no network.
    """
    content = loads(data) if isinstance(data, str) else data
    try:
        graph, values, memory = _read(content)
        cell = graph_net(evolve(graph, gradient=gradient), training, dtype=dtype)
    except FormatError:
        raise
    except SynapseError as error:
        raise FormatError(f"this is no network of synaptic: {error}") from error
    net = cell.value
    flat = np.asarray(values, net.params.flat.dtype)
    kept = net.kept
    if kept.names:
        kept = kept.replace({f"0.{name}": value for name, value in memory.items()})
    cell.reset(evolve(net, params=Params(net.params.layout, flat), kept=kept))
    return cell


def _memory(net: Net, units: int) -> tuple[np.ndarray, np.ndarray]:
    rows = [
        net.kept[f"0.{name}"] if f"0.{name}" in net.kept.names else np.zeros(units)
        for name in ("activation", "state")
    ]
    return rows[0], rows[1]


def _read(content: Any) -> tuple[NeuronGraph, np.ndarray, dict[str, np.ndarray]]:
    neurons = [_Neuron(one, index) for index, one in enumerate(_list(content, "neurons"))]
    hidden = sorted({one.layer for one in neurons if one.layer >= 0})
    place_of = {layer: place for place, layer in enumerate([INPUT, *hidden, OUTPUT])}
    order = sorted(range(len(neurons)), key=lambda index: (place_of[neurons[index].layer], index))
    groups, group_of, within = _grouped([neurons[index] for index in order])
    rank = {index: place for place, index in enumerate(order)}
    outputs = sum(one.layer == OUTPUT for _, one in groups)
    inputs = sum(one.layer == INPUT for _, one in groups)
    if not inputs or not outputs:
        raise FormatError("it has no input or no output neurons")
    described = [
        Group(f"{_name(one.layer, place_of)}_{number}", size, SQUASHES[one.squash])
        for number, (size, one) in enumerate(groups)
    ]
    sorts: dict[tuple[int, int, int, bool], list[tuple[int, int, float, int]]] = defaultdict(list)
    for row in _list(content, "connections"):
        source, target, weight, gater = _connection(row, rank)
        by = -1 if gater is None else group_of[gater]
        sorts[group_of[source], group_of[target], by, source == target].append(
            (within[target], within[source], weight, -1 if gater is None else within[gater])
        )
    projections, values = [], []
    for number, ((source, target, gater, own), rows) in enumerate(sorts.items()):
        rows.sort()
        one = _projection(number, source, target, gater, own, rows, described)
        projections.append(one)
        if one.trainable:
            values += [row[2] for row in rows]
    ranked = [neurons[index] for index in order]
    values += [one.bias for one in ranked if one.layer != INPUT]
    memory = {
        "activation": np.array([one.activation for one in ranked]),
        "state": np.array([one.state for one in ranked]),
    }
    return NeuronGraph(described, projections, inputs, outputs), np.array(values), memory


INPUT, OUTPUT = -2, -1
"""What stands for the input and the output layer among the numbers of hidden ones."""


class _Neuron:
    def __init__(self, data: Any, index: int) -> None:
        if not isinstance(data, Mapping):
            raise FormatError(f"neuron {index} must be an object, not {data!r}")
        layer = data.get("layer")
        if layer not in ("input", "output") and (type(layer) is not int or layer < 0):
            raise FormatError(f"neuron {index} must be of layer 'input', 'output' or a number, not {layer!r}")
        self.layer = layer if isinstance(layer, int) else INPUT if layer == "input" else OUTPUT
        squash = data.get("squash")
        if squash is not None and (not isinstance(squash, str) or squash not in SQUASHES):
            raise FormatError(f"neuron {index} has squash {squash!r}; known: {', '.join(SQUASHES)}")
        self.squash: str = squash or "LOGISTIC"
        self.bias, self.state, self.activation = (
            _number(data.get(name, 0), f"{name} of neuron {index}")
            for name in ("bias", "state", "activation")
        )

    @property
    def sort(self) -> tuple[int, str]:
        return self.layer, self.squash


def _grouped(neurons: list[_Neuron]) -> tuple[list[tuple[int, _Neuron]], list[int], list[int]]:
    """Return size and first neuron of each group, and of each neuron its group and its place in there."""
    groups: list[list[Any]] = []
    group_of, within = [], []
    for one in neurons:
        if not groups or groups[-1][1].sort != one.sort:
            groups.append([0, one])
        group_of.append(len(groups) - 1)
        within.append(groups[-1][0])
        groups[-1][0] += 1
    return [(size, one) for size, one in groups], group_of, within


def _projection(
    number: int, source: int, target: int, gater: int, own: bool, rows: list[Any], groups: list[Group]
) -> Projection:
    """Return the projection of some connections, sorted by target."""
    n, m = groups[source].size, groups[target].size
    whole = len(rows) == len({row[:2] for row in rows}) == n * m and source != target
    gates = {} if gater < 0 else {"gater": gater, "gate": "units", "gates": [row[3] for row in rows]}
    start = GivenValues([row[2] for row in rows]) if own else None
    return Projection(
        source,
        target,
        "all_to_all" if whole else "pairs",
        f"w{number}_{groups[source].name}_to_{groups[target].name}",
        pairs=None if whole else [(row[1], row[0]) for row in rows],
        initializer=start,
        trainable=not own,
        **gates,
    )


def _connection(row: Any, rank: Mapping[int, int]) -> tuple[int, int, float, int | None]:
    if not isinstance(row, Mapping):
        raise FormatError(f"a connection must be an object, not {row!r}")
    ends = [row.get("from"), row.get("to"), row.get("gater")]
    for index in ends:
        if index is not None and (type(index) is not int or index not in rank):
            raise FormatError(f"a connection is of neurons by their numbers, not {index!r}")
    if ends[0] is None or ends[1] is None:
        raise FormatError(f"a connection has two ends: {row!r}")
    weight = _number(row.get("weight"), "the weight of a connection")
    return rank[ends[0]], rank[ends[1]], weight, None if ends[2] is None else rank[ends[2]]


def _number(value: Any, what: str) -> float:
    if type(value) not in (int, float) or not np.isfinite(value):
        raise FormatError(f"{what} must be a finite number, not {value!r}")
    return float(value)


def _list(content: Any, name: str) -> list[Any]:
    found = content.get(name) if isinstance(content, Mapping) else None
    if not isinstance(found, list):
        raise FormatError(
            f"synaptic writes an object with lists of neurons and connections; {name} is missing"
        )
    return found


def _name(layer: int, places: Mapping[int, int]) -> str:
    return "input" if layer == INPUT else "output" if layer == OUTPUT else f"hidden{places[layer]}"
