"""A neuron graph as arrays of indices, in the order in which its neurons are activated."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from attrs import frozen

from ..activations import Activation, Linear
from .connections import connections
from .neuron_graph import NeuronGraph

Ints = np.ndarray


@frozen(eq=False, repr=False)
class Wiring:
    """
    Connections sorted by target, biases and self-connections apart.

    Neurons are numbered in the order of activation, inputs first; the number behind the last stands for a neuron that
    is always 1. Weights are numbered as parameters are laid out, and those that do not learn from `weights` on.

    Attributes:
        units, inputs: Neurons altogether, and inputs among them.
        outputs: The number of the first output neuron.
        weights: How many weights learn.
        fixed: Those that do not.
        functions: (first neuron, the one behind the last, activation) of each group behind the inputs.
        source, target, gater, weight: Of each connection; -1 for no gater.
        bias: The weight of each neuron's bias, -1 for none.
        self_weight, self_gater: Those of each neuron's connection with itself; -1 for none.
        trained: The connections that learn as (target, source, gater, weight), those of biases (from the neuron that is
            always 1) and of neurons with themselves included, sorted by target.
        pairs: (gater, gated neuron) where the gated neuron comes later and something gated leads into it.
        eligibilities: Traces that go on from step to step: one for each weight into a self-connected neuron.
        extensions: Extended traces that do: one for each weight into a gater and self-connected neuron it gates.
        recurrent: Whether anything goes on from step to step.
    """

    units: int
    inputs: int
    outputs: int
    weights: int
    fixed: np.ndarray
    functions: tuple[tuple[int, int, Activation], ...]
    source: Ints
    target: Ints
    gater: Ints
    weight: Ints
    bias: Ints
    self_weight: Ints
    self_gater: Ints
    trained: Ints
    pairs: Ints
    eligibilities: int
    extensions: int
    recurrent: bool

    @property
    def selves(self) -> np.ndarray:
        """Which neurons are connected with themselves."""
        return self.self_weight >= 0


@lru_cache(maxsize=64)
def wiring(graph: NeuronGraph) -> Wiring:
    """Return the index arrays of ``graph``."""
    found = connections(graph.groups, graph.projections, graph.inputs, graph.outputs)
    starts = found.starts
    units, inputs = int(starts[-1]), int(starts[graph.inputs])
    outputs = int(starts[len(graph.groups) - graph.outputs])
    places, size, fixed = _places(graph)
    weight = places[found.projection] + found.index if len(places) else found.index
    bias = _biases(graph, starts, size)
    own = found.source == found.target
    self_weight, self_gater = np.full(units + 1, -1), np.full(units + 1, -1)
    self_weight[found.target[own]] = weight[own]
    self_gater[found.target[own]] = found.gater[own]
    order = np.flatnonzero(~own)
    order = order[np.argsort(found.target[order], kind="stable")]
    source, target, gater = found.source[order], found.target[order], found.gater[order]
    trained = _trained(found, weight, bias, units, size)
    pairs = _pairs(found)
    selves = self_weight >= 0
    fan_in = np.bincount(trained[0], minlength=units + 1)
    ungated = gater < 0
    recurrent = (
        bool(own.any()) or bool((source >= target).any()) or bool((gater[~ungated] >= target[~ungated]).any())
    )
    return Wiring(
        units,
        inputs,
        outputs,
        size,
        fixed,
        _functions(graph, starts, source, gater),
        source,
        target,
        gater,
        weight[order],
        bias,
        self_weight,
        self_gater,
        trained,
        pairs,
        int(fan_in[selves].sum()),
        int(fan_in[pairs[0][selves[pairs[1]]]].sum()),
        recurrent,
    )


def _places(graph: NeuronGraph) -> tuple[Ints, int, np.ndarray]:
    """Return where the weights of each projection begin, how many weights learn, and those that do not."""
    specs = [graph.spec(one) for one in graph.projections]
    sizes = np.array([np.prod(spec.shape, dtype=int) for spec in specs], np.int64)
    learns = np.array([one.trainable for one in graph.projections], bool)
    size = int(sizes[learns].sum()) + sum(g.size for g in graph.groups[graph.inputs :] if g.bias is not None)
    # Those that learn come first, in the order of the parameters; the others behind all parameters.
    places = np.where(learns, _before(np.where(learns, sizes, 0)), size + _before(np.where(learns, 0, sizes)))
    fixed = [np.empty(0)]
    for number, spec in enumerate(specs):
        if not learns[number]:
            rng = np.random.default_rng([graph.seed, number])
            fixed.append(spec.initializer.draw(rng, spec.shape, spec.fan_in, spec.fan_out).ravel())
    return places, size, np.concatenate(fixed)


def _before(sizes: Ints) -> Ints:
    return np.cumsum(sizes) - sizes


def _biases(graph: NeuronGraph, starts: Ints, size: int) -> Ints:
    groups = graph.groups[graph.inputs :]
    place = size - sum(g.size for g in groups if g.bias is not None)
    bias = np.full(int(starts[-1]) + 1, -1)
    for group, start in zip(groups, starts[graph.inputs : -1], strict=True):
        if group.bias is not None:
            bias[start : start + group.size] = place + np.arange(group.size)
            place += group.size
    return bias


def _trained(found: Any, weight: Ints, bias: Ints, units: int, size: int) -> Ints:
    own, biased = found.source == found.target, np.flatnonzero(bias >= 0)
    # Of each neuron first what comes from others, then from itself, then its bias.
    kinds = [np.flatnonzero((weight < size) & ~own), np.flatnonzero((weight < size) & own)]
    rows = np.array(
        [
            np.concatenate([*(found.target[k] for k in kinds), biased]),
            np.concatenate([*(found.source[k] for k in kinds), np.full(len(biased), units)]),
            np.concatenate([*(found.gater[k] for k in kinds), np.full(len(biased), -1)]),
            np.concatenate([*(weight[k] for k in kinds), bias[biased]]),
        ]
    )
    return rows[:, np.argsort(rows[0], kind="stable")]


def _pairs(found: Any) -> Ints:
    """Return gaters and the later neurons they gate something into, (2, pairs), sorted by gater."""
    later = (found.gater >= 0) & (found.gater < found.target)
    pairs = np.stack([found.gater[later], found.target[later]])
    return np.unique(pairs, axis=1) if pairs.size else pairs


def _functions(
    graph: NeuronGraph, starts: Ints, source: Ints, gater: Ints
) -> tuple[tuple[int, int, Activation], ...]:
    first = int(starts[len(graph.groups) - graph.outputs])
    needed = bool((source >= first).any() or (gater >= first).any())
    rows = []
    for group, start in zip(graph.groups[graph.inputs :], starts[graph.inputs : -1].tolist(), strict=True):
        spared = graph.states and start >= first and not needed
        rows.append((start, start + group.size, Linear() if spared else group.activation))
    return tuple(rows)
