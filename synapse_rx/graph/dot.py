"""Pictures of neuron graphs."""

from __future__ import annotations

from collections import Counter

from ..atoms import Atom
from ..network.compiled import snapshot_of
from ..snapshot import Net
from .connections import connections
from .neuron_graph import NeuronGraph
from .parts import Projection
from .weights import graph_of


def to_dot(net: Atom[Net] | Net | NeuronGraph, *, neurons: bool = False) -> str:
    """
    Return a neuron graph as Graphviz text: groups with the number of their connections, gates in blue.

    Args:
        net: A graph, or a cell or a snapshot of a network of one.
        neurons: Draw every single neuron instead.

    Raises:
        OptionError: If it is another network.
    """
    graph = net if isinstance(net, NeuronGraph) else graph_of(snapshot_of(net))
    lines = _neurons(graph) if neurons else _groups(graph)
    return "\n".join(["digraph {", "  rankdir=BT", *(f"  {line}" for line in lines), "}"])


def _groups(graph: NeuronGraph) -> list[str]:
    found = connections(graph.groups, graph.projections, graph.inputs, graph.outputs)
    counts = Counter(found.projection.tolist())
    lines = [f'g{i} [shape=box label="{_text(g.name)} ({g.size})"]' for i, g in enumerate(graph.groups)]
    for number, one in enumerate(graph.projections):
        label = f'label="{counts[number]}"'
        if one.gater is None:
            lines.append(f"g{one.source} -> g{one.target} [{label}{_dashed(one)}]")
            continue
        # A gate points at a dot on the connection.
        lines.append(f'd{number} [shape=point label=""]')
        lines.append(f"g{one.source} -> d{number} [arrowhead=none {label}{_dashed(one)}]")
        lines.append(f"d{number} -> g{one.target}")
        lines.append(f"g{one.gater} -> d{number} [color=blue]")
    return lines


def _dashed(one: Projection) -> str:
    return "" if one.trainable else " style=dashed"


def _neurons(graph: NeuronGraph) -> list[str]:
    found = connections(graph.groups, graph.projections, graph.inputs, graph.outputs)
    lines = []
    for group, start in zip(graph.groups, found.starts.tolist(), strict=False):
        lines += [f'n{start + k} [label="{_text(group.name)} {k}"]' for k in range(group.size)]
    rows = zip(found.source.tolist(), found.target.tolist(), found.gater.tolist(), strict=True)
    for number, (source, target, gater) in enumerate(rows):
        if gater < 0:
            lines.append(f"n{source} -> n{target}")
            continue
        lines.append(f'd{number} [shape=point label=""]')
        lines.append(f"n{source} -> d{number} [arrowhead=none]")
        lines.append(f"d{number} -> n{target}")
        lines.append(f"n{gater} -> d{number} [color=blue]")
    return lines


def _text(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')
