"""The architecture of a network as a picture: text for Mermaid and for Graphviz."""

from __future__ import annotations

from collections.abc import Callable

from ..atoms import Atom
from ..snapshot import Net
from .arch import Arch
from .flow import flow


def to_mermaid(net: Atom[Net] | Net | Arch) -> str:
    """
    Return the architecture as a Mermaid flowchart, for Markdown pages.

    Layers are boxes, arrows carry the shape of one sample; what is inside a layer stands between its inputs and its
    box.

    Args:
        net: A cell, a snapshot or an architecture.
    """
    drawn = flow(net)
    lines = ["flowchart TD"]
    lines += [f'    n{number}["{_mermaid(box.label)}"]' for number, box in enumerate(drawn.boxes)]
    lines += [f'    n{start} -->|"{shape}"| n{end}' for start, end, shape in drawn.arrows]
    return "\n".join(lines) + "\n"


def to_dot(net: Atom[Net] | Net | Arch) -> str:
    """
    Return the architecture in the language of Graphviz (``dot -Tsvg``), drawn as by `to_mermaid`.

    Args:
        net: A cell, a snapshot or an architecture.
    """
    drawn = flow(net)
    lines = ["digraph network {", "    node [shape=box];"]
    lines += [f'    n{number} [label="{_dot(box.label)}"];' for number, box in enumerate(drawn.boxes)]
    lines += [f'    n{start} -> n{end} [label="{shape}"];' for start, end, shape in drawn.arrows]
    return "\n".join([*lines, "}"]) + "\n"


def _escaped(*pairs: tuple[str, str]) -> Callable[[str], str]:
    def escape(text: str) -> str:
        for bad, good in pairs:
            text = text.replace(bad, good)
        return text

    return escape


_mermaid = _escaped(("&", "&amp;"), ('"', "&quot;"), ("<", "&lt;"), (">", "&gt;"))
_dot = _escaped(("\\", "\\\\"), ('"', '\\"'))
