"""The graph of a file as layers one behind the other and beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ...errors import FormatError

DEEPEST = 50
"""Branches within each other."""


@attrs.frozen(eq=False)
class Node:
    """
    One operation.

    Attributes:
        op: What it does.
        name: What the file calls it.
        inputs: The tensors it takes that depend on samples.
        outputs: The tensors it gives.
        detail: What else the file says about it.
    """

    op: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    detail: Any = None

    def __str__(self) -> str:
        return f"{self.op} ({self.name})" if self.name else self.op


@attrs.frozen(eq=False)
class Step:
    """An operation and which of its outputs is wanted."""

    node: Node
    output: str


@attrs.frozen(eq=False)
class Join:
    """Several branches that begin at one tensor, the operation that joins them, and which output is wanted."""

    node: Node
    output: str
    branches: tuple[tuple[Step | Join, ...], ...]


def sequence(nodes: list[Node], start: str, end: str) -> tuple[Step | Join, ...]:
    """
    Return what leads from one tensor to another, in order.

    Args:
        nodes: The operations, each behind those whose outputs it takes.
        start: The tensor that samples enter by.
        end: The tensor asked for.

    Raises:
        FormatError: If branches cross, so that they cannot be told apart, or lie too deep within each other.
    """
    makers = {output: node for node in nodes for output in node.outputs}
    tree = _Dominators(nodes, start)
    used: set[int] = set()

    def back(first: str, last: str, depth: int) -> tuple[Step | Join, ...]:
        if depth > DEEPEST:
            raise FormatError(f"there are more than {DEEPEST} branches within each other")
        found: list[Step | Join] = []
        while last != first:
            node = makers.get(last)
            if node is None or id(node) in used:
                raise FormatError(
                    f"branches cross at {last!r}; only those that begin at one tensor and end in one can be read"
                )
            used.add(id(node))
            if last not in tree.above:
                raise FormatError(f"{node} takes something that does not come from the samples")
            before = tree.above[last]
            if len(node.inputs) == 1:
                found.append(Step(node, last))
            else:
                branches = tuple(back(before, one, depth + 1) for one in node.inputs)
                found.append(Join(node, last, branches))
            last = before
        return tuple(reversed(found))

    return back(start, end, 0)


class _Dominators:
    """
    For each tensor the last one before it that everything on the way to it goes through.

    After Cooper, Harvey & Kennedy, 2001, "A simple, fast dominance algorithm"; one sweep is enough without cycles.
    """

    def __init__(self, nodes: list[Node], start: str) -> None:
        self.above: dict[str, str] = {start: start}
        self.depth: dict[str, int] = {start: 0}
        for node in nodes:
            known = [one for one in node.inputs if one in self.depth]
            if not node.inputs or len(known) < len(node.inputs):
                continue  # it does not depend on the samples alone; whoever asks for it is told
            common = known[0]
            for other in known[1:]:
                common = self._common(common, other)
            for output in node.outputs:
                self.above[output], self.depth[output] = common, self.depth[common] + 1

    def _common(self, one: str, other: str) -> str:
        while one != other:
            if self.depth[one] < self.depth[other]:
                other = self.above[other]
            else:
                one = self.above[one]
        return one


def unknown(nodes: list[Node], table: Mapping[str, Any]) -> str:
    """Return in words which operations are in no table, each with the first nodes of it; "" if all are."""
    found: dict[str, list[str]] = {}
    for node in nodes:
        if node.op not in table:
            found.setdefault(node.op, []).append(node.name or "without a name")
    return "; ".join(
        f"{op}: {', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"
        for op, names in found.items()
    )
