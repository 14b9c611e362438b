"""Connections in runs, as the kernels go through them: neighbours in memory, one loop each."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ..activations import Linear, ReLU, Sigmoid, Tanh
from .hard_limiter import HardLimiter
from .neuron_graph import NeuronGraph
from .wiring import Ints, Wiring, wiring

FUNCTIONS: dict[type, int] = {Linear: 0, Sigmoid: 1, Tanh: 2, ReLU: 3, HardLimiter: 4}
"""The activations kernels know."""

SOURCE, LENGTH, WEIGHT, GATER, FIXED, TRACE, BEFORE, GATED_BEFORE, PAIR, IS_INPUT = range(10)
"""Columns of a run: first source and weight, how many, the gater, whether weights are fixed, the first trace (-1 for
none), whether sources and gater are of the step before, the pair of gater and target (-1 for none), whether sources are
inputs."""

SELF_WEIGHT, SELF_FIXED, SELF_GATER, SELF_BEFORE, SELF_TRACE, SELF_PAIR = range(6)
"""Columns of a neuron's connection with itself; a weight of -1 for none."""

HEADER = 12
"""Numbers in front: units, inputs, the first output, 1 where gradients are with respect to the states of the outputs;
then where each part begins."""


@lru_cache(maxsize=64)
def runs(graph: NeuronGraph) -> Ints | None:
    """
    Return what the kernels go by, in one array, because each array costs a call of theirs more than a small graph does.

    Behind the header stand the runs; where those of each neuron begin in them; activations, the weight and the trace of
    the bias of each neuron; connections with themselves; and for each pair the gater, the gated neuron, and the first
    extended trace (-1 where the gated neuron keeps nothing); and whether each neuron has traces or gated inputs.

    Returns:
        The array; None if a neuron has an activation that kernels do not know.
    """
    w = wiring(graph)
    if any(type(function) not in FUNCTIONS for _, _, function in w.functions):
        return None
    codes = np.zeros(w.units, np.int64)
    for start, stop, function in w.functions:
        codes[start:stop] = FUNCTIONS[type(function)]
    traces = _traces(w)
    table = _runs(w, traces)
    first = np.searchsorted(_targets(w), np.arange(w.units + 1))
    gater, gated = w.pairs
    fan_in = np.bincount(w.trained[0], minlength=w.units + 1)
    keeps = w.selves[gated]
    sizes = np.where(keeps, fan_in[gater], 0)
    pairs = np.stack([gater, gated, np.where(keeps, np.cumsum(sizes) - sizes, -1)], axis=1)
    biased = np.full(w.units, -1)
    biased[w.trained[0][w.trained[1] == w.units]] = traces[w.trained[1] == w.units]
    mixes = w.selves[:-1].astype(np.int64)
    mixes[w.target[w.gater >= 0]] = 1
    rows = (table, first, codes, w.bias[:-1], biased, _selves(w, traces), pairs, mixes)
    parts = [part.ravel() for part in rows]
    places = HEADER + np.cumsum([0, *map(len, parts[:-1])])
    return np.concatenate([[w.units, w.inputs, w.outputs, graph.states], places, *parts]).astype(np.int64)


def _traces(w: Wiring) -> Ints:
    """Return which eligibility trace belongs to each trained connection, -1 for none."""
    keeps = w.selves[w.trained[0]]
    return np.where(keeps, np.cumsum(keeps) - 1, -1)


def _pair(w: Wiring, gater: Any, target: Any) -> Ints:
    """Return the pair of each gater and target, -1 for none."""
    gater, target = np.asarray(gater), np.asarray(target)
    key = w.pairs[0] * (w.units + 1) + w.pairs[1]
    found = np.searchsorted(key, gater * (w.units + 1) + target)
    later = (gater >= 0) & (gater < target)
    return np.where(later, found, -1)


def _columns(w: Wiring, traces: Ints) -> np.ndarray:
    """Return one row a connection, like a run of length 1."""
    of_weight = np.full(w.weights + len(w.fixed) + 1, -1)
    of_weight[w.trained[3]] = traces
    fixed = w.weight >= w.weights
    return np.stack(
        [
            w.source,
            np.ones_like(w.source),
            np.where(fixed, w.weight - w.weights, w.weight),
            w.gater,
            fixed,
            of_weight[w.weight],
            w.source >= w.target,
            (w.gater >= w.target) & (w.gater >= 0),
            _pair(w, w.gater, w.target),
            w.source < w.inputs,
        ],
        axis=1,
    ).astype(np.int64)


def _breaks(w: Wiring) -> np.ndarray:
    """Return which connections begin a run."""
    rows = _columns(w, _traces(w))
    if not len(rows):
        return np.zeros(0, bool)
    goes_on = w.target[1:] == w.target[:-1]
    for column in (SOURCE, WEIGHT):
        goes_on &= rows[1:, column] == rows[:-1, column] + 1
    for column in (GATER, FIXED, BEFORE, GATED_BEFORE, PAIR, IS_INPUT):
        goes_on &= rows[1:, column] == rows[:-1, column]
    return np.concatenate([[True], ~goes_on])


def _runs(w: Wiring, traces: Ints) -> Ints:
    rows, begins = _columns(w, traces), np.flatnonzero(_breaks(w))
    found = rows[begins]
    found[:, LENGTH] = np.diff(np.append(begins, len(rows)))
    return np.ascontiguousarray(found)


def _targets(w: Wiring) -> Ints:
    return w.target[_breaks(w)]


def _selves(w: Wiring, traces: Ints) -> Ints:
    table = np.full((w.units, 6), -1)
    own = np.flatnonzero(w.selves)
    fixed = w.self_weight[own] >= w.weights
    gater = w.self_gater[own]
    of_weight = np.full(w.weights + len(w.fixed) + 1, -1)
    of_weight[w.trained[3]] = traces
    table[own] = np.stack(
        [
            np.where(fixed, w.self_weight[own] - w.weights, w.self_weight[own]),
            fixed,
            gater,
            gater >= own,
            of_weight[w.self_weight[own]],
            _pair(w, gater, own),
        ],
        axis=1,
    )
    return table
