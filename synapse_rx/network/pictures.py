"""The architecture of a network as a picture: text for Mermaid and for Graphviz."""

from __future__ import annotations

from collections.abc import Callable

from attrs import Factory, define

from ..atoms import Atom
from ..described import brief
from ..snapshot import Net
from .arch import Arch
from .estimate import snapshot_of
from .places import Place
from .summary import shape_text


def to_mermaid(net: Atom[Net] | Net | Arch) -> str:
    """
    Return the architecture as a Mermaid flowchart, for Markdown pages.

    Layers are boxes, arrows carry the shape of one sample; what is inside a layer stands between its inputs and its
    box.

    Args:
        net: A cell, a snapshot or an architecture.
    """
    graph = _graph(net)
    lines = ["flowchart TD"]
    lines += [f'    n{number}["{_mermaid(label)}"]' for number, label in enumerate(graph.labels)]
    lines += [f'    n{start} -->|"{shape}"| n{end}' for start, end, shape in graph.arrows]
    return "\n".join(lines) + "\n"


def to_dot(net: Atom[Net] | Net | Arch) -> str:
    """
    Return the architecture in the language of Graphviz (``dot -Tsvg``), drawn as by `to_mermaid`.

    Args:
        net: A cell, a snapshot or an architecture.
    """
    graph = _graph(net)
    lines = ["digraph network {", "    node [shape=box];"]
    lines += [f'    n{number} [label="{_dot(label)}"];' for number, label in enumerate(graph.labels)]
    lines += [f'    n{start} -> n{end} [label="{shape}"];' for start, end, shape in graph.arrows]
    return "\n".join([*lines, "}"]) + "\n"


@define
class _Graph:
    """Boxes, and arrows between them with what they carry."""

    labels: list[str] = Factory(list)
    arrows: list[tuple[int, int, str]] = Factory(list)

    def box(self, label: str) -> int:
        self.labels.append(label)
        return len(self.labels) - 1

    def draw(self, row: tuple[Place, ...], start: int) -> int:
        """Draw places in a row behind the box ``start``; return the box of the last."""
        for layer in _layers(row):
            arrive, ends = shape_text(layer[0].in_shape), []
            for place in layer:
                inside = zip(place.branches, _inputs(place), strict=True)
                ends += [(self.draw(branch, start), branch, shape) for branch, shape in inside]
            box = self.box(_label(layer[0]))
            if not ends or any(place.layer.bypass for place in layer):
                self.arrows.append((start, box, arrive))
            for end, branch, shape in ends:
                self.arrows.append((end, box, shape_text(branch[-1].out_shape if branch else shape)))
            start = box
        return start


def _graph(net: Atom[Net] | Net | Arch) -> _Graph:
    arch: Arch = net if isinstance(net, Arch) else snapshot_of(net).arch
    graph = _Graph()
    end = graph.draw(arch.places, graph.box("input"))
    graph.arrows.append((end, graph.box("output"), shape_text(arch.out_shape)))
    return graph


def _layers(row: tuple[Place, ...]) -> list[list[Place]]:
    """Return places that were described as one layer together."""
    groups: list[list[Place]] = []
    for place in row:
        if groups and groups[-1][-1].described is place.described and groups[-1][-1].path == place.path:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _inputs(place: Place) -> tuple[object, ...]:
    return tuple(place.layer.child_shapes(place.in_shape))


def _label(place: Place) -> str:
    named = ".".join(str(part) for part in place.path if isinstance(part, str))
    # Layers that hold others are described by these; the picture shows them anyway.
    what = type(place.described).__name__ if place.branches else brief(place.described)
    return f"{named}: {what}" if named else what


def _escaped(*pairs: tuple[str, str]) -> Callable[[str], str]:
    def escape(text: str) -> str:
        for bad, good in pairs:
            text = text.replace(bad, good)
        return text

    return escape


_mermaid = _escaped(("&", "&amp;"), ('"', "&quot;"), ("<", "&lt;"), (">", "&gt;"))
_dot = _escaped(("\\", "\\\\"), ('"', '\\"'))
