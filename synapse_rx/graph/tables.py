"""Tables by which whole levels of neurons are computed at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from attrs import evolve, fields, frozen

from ..activations import Activation
from .neuron_graph import NeuronGraph
from .wiring import Ints, Wiring, wiring


@frozen(eq=False, repr=False)
class Table:
    """
    For each of some neurons the products to add up: ``sum_k a[first[k]] b[second[k]] w[weight[k]]``.

    Rows are filled up with what adds nothing.

    Attributes:
        neurons: The neurons, (rows,).
        first, second, weight: Indices, (rows, longest).
    """

    neurons: Ints
    first: Ints
    second: Ints
    weight: Ints


@frozen(eq=False, repr=False)
class Level:
    """
    Neurons that need nothing of each other in one step.

    Attributes:
        neurons: Them.
        functions: (neurons, activation) for each kind among them.
        inputs: Sums their states.
        forward: For the way back, what they project to and gate later in the same step.
    """

    neurons: Ints
    functions: tuple[tuple[Ints, Activation], ...]
    inputs: Table | None
    projected: Table
    gated: Table


@frozen(eq=False, repr=False)
class Tables:
    """
    A graph in levels.

    Values are numbered in rows of three parts: activations of this step (and 1), those of the step before (and 1),
    states of the step before.

    Attributes:
        levels: In the order of activation; the inputs come first.
        projected, gated: What goes from all neurons into the next step.
        values, gains: For each trained connection, what it carries and what it is multiplied by.
        pairs: For each pair of gater and gated neuron what sums the influence.
        extended: For each extended trace (pair, trained connection).
        again: For each trained connection its extended traces, filled up with the number behind the last, (connections,
            most).
        kept: Which of all eligibility traces go on from step to step, and which of the extended ones.
        widest: The longest row of numbers a sample takes.
    """

    levels: tuple[Level, ...]
    projected: Table
    gated: Table
    values: Ints
    gains: Ints
    self_gains: Ints
    influences: Table
    extended: Ints
    again: Ints
    kept: tuple[Ints, Ints]
    widest: int


@lru_cache(maxsize=64)
def tables(graph: NeuronGraph) -> Tables:
    """Return the tables of ``graph``."""
    w = wiring(graph)
    made = _Maker(w)
    depth = made.depths()
    levels = tuple(made.level(np.flatnonzero(depth == d)) for d in range(int(depth.max()) + 1))
    target, source, gater, _ = w.trained
    selves = w.selves
    extended = made.extended()
    everyone = np.arange(w.units)
    rows = [t for level in levels for t in (level.inputs, level.projected, level.gated) if t is not None]
    return Tables(
        levels,
        made.projected(everyone, later=False),
        made.gated(everyone, later=False),
        np.where(source == target, made.state(target), made.value(source, target)),
        made.gain(gater, target),
        made.gain(w.self_gater, np.arange(w.units + 1)),
        made.influences(),
        extended,
        _again(extended[1], len(target)),
        (
            np.flatnonzero(selves[target]),
            np.flatnonzero(selves[w.pairs[1][extended[0]]]) if extended.size else extended[0],
        ),
        max(len(target), extended.shape[1], *(t.first.size for t in rows), 1),
    )


class _Maker:
    def __init__(self, w: Wiring) -> None:
        self.w = w
        self.one = w.units
        self.nothing = w.weights + len(w.fixed)
        own = np.flatnonzero(w.self_weight >= 0)
        # Connections of neurons with themselves beside the others.
        self.source = np.concatenate([w.source, np.full(len(own), -1)])
        self.target = np.concatenate([w.target, own])
        self.gater = np.concatenate([w.gater, w.self_gater[own]])
        self.weight = np.concatenate([w.weight, w.self_weight[own]])
        self.values = np.concatenate([self.value(w.source, w.target), self.state(own)])
        self.gains = self.gain(self.gater, self.target)

    def value(self, source: Ints, target: Ints) -> Ints:
        return np.where((source < target) | (source == self.one), source, self.one + 1 + source)

    def gain(self, gater: Ints, target: Ints) -> Ints:
        return np.where(gater < 0, self.one, self.value(gater, target))

    def state(self, neuron: Ints) -> Ints:
        return 2 * (self.one + 1) + neuron

    def depths(self) -> Ints:
        """Return the level of each neuron: one above all it needs in the same step."""
        w = self.w
        needs = np.concatenate([w.source, w.gater, w.self_gater[:-1]])
        of = np.concatenate([w.target, w.target, np.arange(w.units)])
        now = (needs >= 0) & (needs < of)
        needs, of = needs[now], of[now]
        order = np.argsort(of, kind="stable")
        needs, of = needs[order], of[order]
        depth = np.zeros(w.units, np.int64)
        depth[w.inputs :] = 1
        bounds = np.searchsorted(of, np.arange(w.units + 1))
        for neuron in range(w.inputs, w.units):
            first, last = bounds[neuron], bounds[neuron + 1]
            if last > first:
                depth[neuron] = depth[needs[first:last]].max() + 1
        return depth

    def level(self, neurons: Ints) -> Level:
        w = self.w
        functions = []
        for start, stop, function in w.functions:
            inside = neurons[(neurons >= start) & (neurons < stop)]
            if len(inside):
                functions.append((inside, function))
        hidden = len(neurons) > 0 and neurons[0] >= w.inputs
        return Level(
            neurons,
            tuple(functions),
            self.inputs(neurons) if hidden else None,
            self.projected(neurons, later=True),
            self.gated(neurons, later=True),
        )

    def inputs(self, neurons: Ints) -> Table:
        biased = np.flatnonzero(self.w.bias >= 0)
        one = np.full(len(biased), self.one)
        return self.table(
            neurons,
            np.concatenate([self.target, biased]),
            np.concatenate([self.values, one]),
            np.concatenate([self.gains, one]),
            np.concatenate([self.weight, self.w.bias[biased]]),
            self.one,
        )

    def projected(self, neurons: Ints, *, later: bool) -> Table:
        """Return, for each neuron, (target, gain, weight) of what it projects to, later in this step or in the next."""
        proper = self.source >= 0
        chosen = np.flatnonzero(proper & ((self.source < self.target) == later))
        return self.table(
            neurons, self.source[chosen], self.target[chosen], self.gains[chosen], self.weight[chosen], 0
        )

    def gated(self, neurons: Ints, *, later: bool) -> Table:
        """Return, for each neuron, (target, value, weight) of what it gates, later in this step or in the next."""
        chosen = np.flatnonzero((self.gater >= 0) & ((self.gater < self.target) == later))
        return self.table(
            neurons, self.gater[chosen], self.target[chosen], self.values[chosen], self.weight[chosen], 0
        )

    def influences(self) -> Table:
        """Return, for each pair of gater and gated neuron, (one, value, weight) of what is gated."""
        key = self.w.pairs[0] * (self.one + 1) + self.w.pairs[1]
        chosen = np.flatnonzero((self.gater >= 0) & (self.gater < self.target))
        pair = np.searchsorted(key, self.gater[chosen] * (self.one + 1) + self.target[chosen])
        one = np.full(len(chosen), self.one)
        return self.table(np.arange(len(key)), pair, one, self.values[chosen], self.weight[chosen], self.one)

    def extended(self) -> Ints:
        """Return (pair, trained connection) for every weight into the gater of every pair."""
        target = self.w.trained[0]
        first, last = (np.searchsorted(target, self.w.pairs[0], side=side) for side in ("left", "right"))
        rows = [
            (np.full(b - a, p), np.arange(a, b)) for p, (a, b) in enumerate(zip(first, last, strict=True))
        ]
        if not rows:
            return np.zeros((2, 0), np.int64)
        return np.concatenate([np.stack(row) for row in rows], axis=1)

    def table(self, neurons: Ints, of: Ints, first: Ints, second: Ints, weight: Ints, idle: int) -> Table:
        """Return the rows of ``neurons`` among products that belong to the neurons ``of``."""
        order = np.argsort(of, kind="stable")
        of, columns = of[order], [part[order] for part in (first, second, weight)]
        begin, end = (np.searchsorted(of, neurons, side=side) for side in ("left", "right"))
        longest = int((end - begin).max()) if len(neurons) else 0
        place = begin[:, None] + np.arange(longest)
        there = place < end[:, None]
        place = np.where(there, place, 0)
        fill = (idle, self.one, self.nothing)
        rows = [
            np.where(there, part[place], blank) if len(part) else np.full(place.shape, blank)
            for part, blank in zip(columns, fill, strict=True)
        ]
        return Table(neurons, *rows)


def _again(connection: Ints, connections: int) -> Ints:
    order = np.argsort(connection, kind="stable")
    begin, end = (
        np.searchsorted(connection[order], np.arange(connections), side) for side in ("left", "right")
    )
    place = begin[:, None] + np.arange(int((end - begin).max(initial=0)))
    found = np.append(order, len(order))
    return found[np.where(place < end[:, None], place, len(order))]


def sent(value: Any, send: Callable[[np.ndarray], Any]) -> Any:
    """Return a table, a level or tables with every array sent to where numbers are computed."""
    if isinstance(value, np.ndarray):
        return send(value)
    if isinstance(value, tuple):
        return tuple(sent(part, send) for part in value)
    if isinstance(value, Table | Level | Tables):
        return evolve(
            value, **{part.name: sent(getattr(value, part.name), send) for part in fields(type(value))}
        )
    return value
