"""Layers in a row, with all the memory they work in, for batches of one size."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from attrs import define, field

from ..backends import Backend
from ..layers.base import Step
from ..params import Layout
from ..scratch import Buffers, Joined, Scratch
from ..typing import Array
from .places import Path, Place


@define(eq=False)
class Memory:
    """
    The vectors a program works on, seen by place.

    Attributes:
        theta: The parameters.
        grad: Their gradient; None for inference.
        kept: What layers keep from batch to batch.
        frozen: The paths of layers that stay as they are, with all below them.
        joint: The processes that learn a batch together; None where one learns it alone.
    """

    backend: Backend
    capacity: int
    layout: Layout
    theta: Array
    grad: Array | None
    keeps: Layout
    kept: Array
    rng: Any
    frozen: Collection[Path]
    joint: Joined | None = None
    _seen: set[Path] = field(init=False, factory=set)
    _shared: list[tuple[Array, Array]] = field(init=False, factory=list)

    def params(self, path: Path) -> Mapping[str, Array]:
        """Return the parameters of one layer by name."""
        return self.layout.views(self.theta, path)

    def grads(self, path: Path) -> Mapping[str, Array]:
        """
        Return where the gradients of one layer go, by name.

        A layer writes its gradients rather than adding to them. So one that stands in several places writes to the
        vector from the first alone; from the others to memory of its own, which `join` adds. One that is frozen writes
        nothing, so there is nothing to add.
        """
        if self.grad is None:
            return {}
        views = self.layout.views(self.grad, path)
        if path not in self._seen or self.is_frozen(path):
            self._seen.add(path)
            return views
        own = {name: self.backend.xp.empty_like(view) for name, view in views.items()}
        self._shared.extend((views[name], own[name]) for name in views)
        return own

    def join(self) -> None:
        """Add up the gradients of layers that stand in several places."""
        for whole, part in self._shared:
            self.backend.xp.add(whole, part, out=whole)

    def is_frozen(self, path: Path) -> bool:
        """Return whether the layer at ``path`` stays as it is."""
        return any(path[: len(above)] == above for above in self.frozen)


class Node:
    """
    A primitive layer with its parameters, gradients and memory.

    Attributes:
        learns: Whether it has parameters that learn.
        leads: Whether it or a layer inside it has.
    """

    __slots__ = (
        "branches",
        "buffers",
        "frozen",
        "grads",
        "kept",
        "layer",
        "leads",
        "learns",
        "params",
        "place",
    )

    def __init__(self, place: Place, memory: Memory, factor: int = 1) -> None:
        self.place = place
        self.layer = place.layer
        has = bool(place.specs)
        self.frozen = memory.is_frozen(place.path)
        self.params = memory.params(place.path) if has else {}
        self.grads = memory.grads(place.path) if has else {}
        self.kept = memory.keeps.views(memory.kept, place.path) if place.keeps else {}
        self.learns = has and memory.grad is not None and not self.frozen
        self.buffers = Buffers(memory.backend, memory.capacity * factor, memory.theta.dtype)
        below = factor * place.layer.child_factor(place.in_shape)
        self.branches = [Row(branch, memory, below) for branch in place.branches]
        self.leads = self.learns or any(row.leads for row in self.branches)


class Row:
    """
    Nodes one behind the other.

    Attributes:
        nodes: The nodes.
        first: The position of the first that learns; all there are if none does.
        leads: Whether any learns.
    """

    def __init__(self, places: Sequence[Place], memory: Memory, factor: int = 1) -> None:
        self.nodes = [Node(place, memory, factor) for place in places]
        self.first = next((i for i, node in enumerate(self.nodes) if node.leads), len(self.nodes))
        self.leads = self.first < len(self.nodes)
        self._memory = memory
        self._training = memory.grad is not None

    def run(self, n: int, needs_dx: bool = False) -> Run:
        """Return what passes batches of ``n`` samples through, and gradients back to the inputs if they are wanted."""
        first = 0 if needs_dx else self.first
        scratches = [self._scratch(i, node, n, needs_dx) for i, node in enumerate(self.nodes)]
        return Run(list(zip(self._steps(scratches), scratches, strict=True)), first)

    def walk(self) -> Sequence[Node]:
        """Return all nodes, those inside others as well, in the order of their places."""
        found: list[Node] = []
        for node in self.nodes:
            found.append(node)
            for row in node.branches:
                found.extend(row.walk())
        return found

    def _steps(self, scratches: Sequence[Scratch]) -> list[Step]:
        """Return what computes, layer by layer; the last stays by itself, since a loss may stand in for it."""
        layers, steps = [node.layer for node in self.nodes], list[Step]()
        for index, (node, s) in enumerate(zip(self.nodes, scratches, strict=True)):
            if len(steps) == index:
                step, others = node.layer.joined(layers[index + 1 : -1], node.place.in_shape, s)
                steps += [step, *[_PASSED] * others]
        return steps

    def _scratch(self, index: int, node: Node, n: int, needs_dx: bool) -> Scratch:
        wanted = needs_dx or index > self.first
        inside = n * node.layer.child_factor(node.place.in_shape)
        return Scratch(
            self._memory.backend,
            node.buffers,
            n,
            params=node.params,
            grads=node.grads,
            rng=self._memory.rng,
            training=self._training,
            needs_dx=wanted,
            learns=node.learns,
            frozen=node.frozen,
            kept=node.kept,
            children=[row.run(inside, wanted) for row in node.branches],
            joint=self._memory.joint,
        )


class _Passed:
    """Stands where the work was done by the step before."""

    def forward(self, x: Array, s: Scratch) -> Array:
        return x

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        return dy


_PASSED = _Passed()


class Run:
    """
    One forward and one backward pass at a time through a row (`Child`).

    Attributes:
        steps: The layers, each with its memory, or what does their work in their place.
        inputs: What each was given in the forward pass, and behind them the outputs of the last.
        first: Where the backward pass ends.
    """

    __slots__ = ("first", "inputs", "steps")

    def __init__(self, steps: list[tuple[Step, Scratch]], first: int) -> None:
        self.steps = steps
        self.inputs: list[Any] = [None] * (len(steps) + 1)
        self.first = first

    def forward(self, x: Array, last: int | None = None) -> Array:
        """Return the outputs for ``x``, or what is before the layer at position ``last``."""
        inputs = self.inputs
        for index, (layer, s) in enumerate(self.steps[:last]):
            inputs[index] = x
            x = layer.forward(x, s)
        inputs[len(self.steps) if last is None else last] = x
        return x

    def backward(self, dy: Array, last: int | None = None) -> Array | None:
        """Pass ``dy`` back from the last layer, or from the one before position ``last``; return dL/dx if wanted."""
        inputs, dx = self.inputs, dy
        for index in range((len(self.steps) if last is None else last) - 1, self.first - 1, -1):
            layer, s = self.steps[index]
            dx = layer.backward(inputs[index], inputs[index + 1], dx, s)
        return dx if self.first == 0 else None
