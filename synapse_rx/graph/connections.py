"""Every single connection of a neuron graph, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import frozen

from ..errors import OptionError
from .parts import Group, Projection

Ints = np.ndarray

MOST = 5_000_000
"""Neurons and connections of a graph together, so that no description from a file takes all memory."""


@frozen(eq=False)
class Connections:
    """
    The connections of a graph one by one, in the order of its projections.

    Neurons are numbered through all groups in the order of activation; -1 stands for no gater.

    Attributes:
        starts: The number of the first neuron of each group, and behind the last one that of all neurons.
        source, target, gater: Neurons.
        projection: Which projection each belongs to.
        index: Its place among the weights of that projection.
    """

    starts: Ints
    source: Ints
    target: Ints
    gater: Ints
    projection: Ints
    index: Ints


def connections(
    groups: Sequence[Group], projections: Sequence[Projection], inputs: int, outputs: int
) -> Connections:
    """
    List the connections of a graph.

    Raises:
        OptionError: If a projection does not fit its groups, two neurons are connected twice, or a neuron is without
            inputs or leads nowhere.
    """
    starts = np.concatenate([[0], np.cumsum([group.size for group in groups], dtype=np.int64)])
    found: list[list[Ints]] = [[np.empty(0, np.int64)] * 5]
    for one in projections:
        _check_places(one, groups, inputs)
    _check_number(groups, projections)
    for number, one in enumerate(projections):
        pairs = endpoints(one, groups[one.source].size, groups[one.target].size)
        gaters = _gaters(one, pairs, groups)
        offset = 0 if one.gater is None else starts[one.gater]
        found.append(
            [
                starts[one.source] + pairs[0],
                starts[one.target] + pairs[1],
                np.where(gaters < 0, -1, gaters + offset),
                np.full(len(gaters), number),
                np.arange(len(gaters)),
            ]
        )
    source, target, gater, projection, index = map(np.concatenate, zip(*found, strict=True))
    made = Connections(starts, source, target, gater, projection, index)
    _check_single(made, groups)
    _check_dangling(made, groups, inputs, outputs)
    return made


def endpoints(projection: Projection, n: int, m: int) -> tuple[Ints, Ints]:
    """
    Return source and target of each connection, counted within groups of n and m neurons.

    Raises:
        OptionError: If the pattern does not fit the sizes.
    """
    if projection.pattern == "pairs":
        table = np.array(projection.pairs, np.int64).reshape(-1, 2)
        if not len(table) or table[:, 0].max() >= n or table[:, 1].max() >= m:
            raise OptionError(
                f"{projection.name}: pairs must be at least one (source, target) with source < {n} and target < {m}"
            )
        return table[:, 0], table[:, 1]
    if projection.pattern == "one_to_one":
        if n != m:
            raise OptionError(f"{projection.name}: one_to_one wants groups of one size, not {n} and {m}")
        return np.arange(n), np.arange(n)
    source, target = np.tile(np.arange(n), m), np.repeat(np.arange(m), n)
    if projection.pattern == "all_to_else" and projection.source == projection.target:
        others = source != target
        if not others.any():
            raise OptionError(f"{projection.name}: all_to_else wants two neurons at least, there is one")
        return source[others], target[others]
    return source, target


def check_gate(name: str, gate: str | None, size: int, counts: tuple[int, int, int]) -> None:
    """
    Check that a group of ``size`` neurons can gate a projection.

    Args:
        name: What the projection is called.
        gate: How it is to gate.
        size: Neurons of the gating group.
        counts: Neurons of the source, of the target, and connections.

    Raises:
        OptionError: If the size is another than the one wanted.
    """
    wanted = {"output": counts[0], "input": counts[1], "one_to_one": counts[2]}.get(str(gate))
    what = {"output": "source neurons", "input": "target neurons", "one_to_one": "connections"}.get(str(gate))
    if wanted is not None and size != wanted:
        raise OptionError(
            f"{name}: a gate of kind {gate!r} wants as many gaters as {what}: {wanted}, not {size}"
        )


def _check_number(groups: Sequence[Group], projections: Sequence[Projection]) -> None:
    total = sum(group.size for group in groups)
    for one in projections:
        n, m = groups[one.source].size, groups[one.target].size
        total += {"pairs": len(one.pairs or ()), "one_to_one": n}.get(one.pattern, n * m)
    if total > MOST:
        raise OptionError(
            f"{total:,} neurons and connections are more than the {MOST:,} that a graph lists one by one; dense layers "
            "take as many as there is memory for"
        )


def _check_places(one: Projection, groups: Sequence[Group], inputs: int) -> None:
    for place in (one.source, one.target, *([] if one.gater is None else [one.gater])):
        if place >= len(groups):
            raise OptionError(
                f"{one.name}: there is no group {place}, only {len(groups)} of them, counted from 0"
            )
    if one.target < inputs:
        raise OptionError(
            f"{one.name} leads into the input group {groups[one.target].name!r}, whose activations are given; "
            "lead it into another group"
        )


def _gaters(one: Projection, pairs: tuple[Ints, Ints], groups: Sequence[Group]) -> Ints:
    """Return the neuron within the gating group for each connection, -1 for none."""
    n = len(pairs[0])
    if one.gater is None:
        return np.full(n, -1)
    size = groups[one.gater].size
    check_gate(one.name, one.gate, size, (groups[one.source].size, groups[one.target].size, n))
    if one.gate == "units":
        gates = np.array(one.gates, np.int64)
        if len(gates) != n or (n and gates.max() >= size):
            raise OptionError(
                f"{one.name}: gates= takes a neuron below {size}, or -1, for each of {n} connections"
            )
        return gates
    return {"output": pairs[0], "input": pairs[1], "one_to_one": np.arange(n)}[str(one.gate)]


def _check_single(made: Connections, groups: Sequence[Group]) -> None:
    key = made.source * made.starts[-1] + made.target
    _, first = np.unique(key, return_index=True)
    if len(first) == len(key):
        return
    again = int(np.setdiff1d(np.arange(len(key)), first)[0])
    raise OptionError(
        f"{neuron(made, groups, made.source[again])} is connected with {neuron(made, groups, made.target[again])} "
        "twice; one connection has one weight"
    )


def _check_dangling(made: Connections, groups: Sequence[Group], inputs: int, outputs: int) -> None:
    total, first = int(made.starts[-1]), int(made.starts[inputs])
    hidden = int(made.starts[len(groups) - outputs])
    proper = made.source != made.target
    reached = np.zeros(total, bool)
    reached[made.target[proper]] = True
    reached[:first] = True
    leads = np.zeros(total, bool)
    leads[made.source[proper]] = True
    leads[made.gater[made.gater >= 0]] = True
    leads[hidden:] = leads[:first] = True
    for flags, problem in ((reached, "has no input"), (leads, "leads nowhere and gates nothing")):
        if not flags.all():
            lost = neuron(made, groups, int(np.flatnonzero(~flags)[0]))
            raise OptionError(f"{lost} {problem}; connect it or leave it out")


def neuron(made: Connections, groups: Sequence[Group], number: Any) -> str:
    """Return what a neuron is called in messages."""
    group = int(np.searchsorted(made.starts, number, side="right")) - 1
    return f"neuron {int(number) - int(made.starts[group])} of {groups[group].name!r}"
