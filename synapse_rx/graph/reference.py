"""Passes of a neuron graph in terms of whole arrays, level by level."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..scratch import Scratch
from ..typing import Array
from .neuron_graph import NeuronGraph
from .tables import Table, Tables, sent, tables
from .wiring import wiring

LARGEST = 1 << 18
"""Numbers a temporary array may have: batches of large graphs are worked on in slices of some samples."""


class Reference:
    """
    Computes what the kernels compute, a level of neurons of all samples at a time, with numpy or cupy.

    It allocates as it goes, a few arrays of `LARGEST` numbers at most, however large the batch. Equations are those of
    Monner & Reggia (2012).

    Args:
        graph: The graph.
        s: Its memory.

    Shapes:
        Y (N, T + 1, units + 1): activations before the first step and after each, the last column 1; S (N, T + 1,
        units): states; weights (trained and fixed ones, and a 0); D (N, T, outputs): the gradient with respect to
        states or activations of the output neurons; eps, ext (N, traces): what goes on from step to step.
    """

    def __init__(self, graph: NeuronGraph, s: Scratch) -> None:
        w, xp = wiring(graph), s.xp
        self._graph, self._w, self._s, self._xp = graph, w, s, xp
        self._at_once = max(1, LARGEST // tables(graph).widest)
        send = xp.asarray
        self._tables: Tables = sent(tables(graph), send)
        # Where the activations of each level find their memory.
        self._places = [[int(neurons[0]) for neurons, _ in level.functions] for level in tables(graph).levels]
        self._target, self._weight = send(w.trained[0]), send(w.trained[3])
        self._gater, self._gated = (send(part) for part in w.pairs)
        own = np.flatnonzero(w.selves)
        self._own, self._own_weight = send(own), send(w.self_weight[own])
        self._own_gain = send(tables(graph).self_gains[own])

    def forward(self, Y: Array, S: Array, weights: Array) -> None:
        """Fill Y and S, whose inputs and first step are given."""
        for rows in self._slices(len(Y)):
            for t in range(Y.shape[1] - 1):
                self._step(Y[rows], S[rows], weights, t)

    def backward(
        self,
        Y: Array,
        S: Array,
        weights: Array,
        D: Array,
        grad: Array,
        eps: Array,
        ext: Array,
        dx: Array | None,
    ) -> None:
        """Add to grad; move eps and ext on to the last step; write dx (N, T, inputs) if it is wanted."""
        work = self._truncated if self._graph.gradient == "truncated" else self._through_time
        for rows in self._slices(len(Y)):
            part = None if dx is None else dx[rows]
            work(Y[rows], S[rows], weights, D[rows], grad, eps[rows], ext[rows], part)

    def _slices(self, n: int) -> list[slice]:
        return [slice(start, start + self._at_once) for start in range(0, n, self._at_once)]

    def _step(self, Y: Array, S: Array, weights: Array, t: int) -> None:
        values = self._values(Y, S, t)
        for level, places in zip(self._tables.levels[1:], self._places[1:], strict=True):
            assert level.inputs is not None
            S[:, t + 1, level.neurons] = self._summed(level.inputs, values, values, weights)
            for (neurons, function), place in zip(level.functions, places, strict=True):
                z = self._xp.ascontiguousarray(S[:, t + 1, neurons])
                y = self._xp.empty_like(z)
                function.forward(z, y, self._inside(place, *z.shape[::-1]))
                Y[:, t + 1, neurons] = values[:, neurons] = y

    def _truncated(
        self, Y: Any, S: Any, weights: Any, D: Any, grad: Any, eps: Any, ext: Any, dx: Any
    ) -> None:
        w, tables, xp = self._w, self._tables, self._xp
        target, gated = self._target, self._gated
        pair, connection = tables.extended
        gated_by = gated[pair]
        none = xp.zeros(1, Y.dtype)
        traces = xp.zeros((len(Y), len(target)), Y.dtype)
        traces[:, tables.kept[0]] = eps
        extended = xp.zeros((len(Y), len(pair)), Y.dtype)
        extended[:, tables.kept[1]] = ext
        for t in range(Y.shape[1] - 1):
            values = self._values(Y, S, t)
            slopes, stays = self._slopes(Y, S, t), self._stays(values, weights)
            traces *= stays[:, target]  # (17)
            traces += values[:, tables.gains] * values[:, tables.values]
            influence = slopes[:, self._gater] * self._summed(tables.influences, values, values, weights)
            extended *= stays[:, gated_by]  # (18)
            extended += influence[:, pair] * traces[:, connection]
            delta, projected = self._deltas(values, slopes, weights, D[:, t], None, None)
            terms = xp.concatenate([(delta[:, gated_by] * extended).sum(axis=0), none])
            step = (projected[:, target] * traces).sum(axis=0) + terms[tables.again].sum(axis=1)  # (24)
            grad[self._weight] += step
            if dx is not None:
                dx[:, t] = delta[:, : w.inputs]
        eps[...] = traces[:, tables.kept[0]]
        ext[...] = extended[:, tables.kept[1]]

    def _through_time(
        self, Y: Any, S: Any, weights: Any, D: Any, grad: Any, eps: Any, ext: Any, dx: Any
    ) -> None:
        w, tables, xp = self._w, self._tables, self._xp
        target = self._target
        base = xp.zeros((len(Y), w.units), Y.dtype)
        carried = xp.zeros_like(base)
        for t in range(Y.shape[1] - 2, -1, -1):
            values, slopes = self._values(Y, S, t), self._slopes(Y, S, t)
            delta, _ = self._deltas(values, slopes, weights, D[:, t], base, carried)
            grad[self._weight] += (delta[:, target] * values[:, tables.gains] * values[:, tables.values]).sum(
                axis=0
            )
            if dx is not None:
                dx[:, t] = delta[:, : w.inputs]
            base = self._summed(tables.projected, delta, values, weights)
            base += self._summed(tables.gated, delta, values, weights)
            carried = delta * self._stays(values, weights)[:, : w.units]

    def _deltas(
        self, values: Any, slopes: Any, weights: Any, D: Any, base: Any, carried: Any
    ) -> tuple[Any, Any]:
        """Return (21) to (23), each neuron's gradient with respect to its state, and the projected part of it."""
        w, xp = self._w, self._xp
        delta = xp.zeros((len(values), w.units), values.dtype)
        projected = xp.zeros_like(delta)
        given = xp.zeros_like(delta)
        given[:, w.outputs :] = D if self._graph.states else D * slopes[:, w.outputs :]
        for level in self._tables.levels[::-1]:
            at = level.neurons
            ahead = self._summed(level.projected, delta, values, weights)
            gated = self._summed(level.gated, delta, values, weights)
            if base is not None:
                gated = gated + base[:, at]
            projected[:, at] = slopes[:, at] * ahead + given[:, at]
            delta[:, at] = projected[:, at] + slopes[:, at] * gated
            if carried is not None:
                delta[:, at] += carried[:, at]
        return delta, projected

    def _values(self, Y: Any, S: Any, t: int) -> Any:
        """Return activations of this step, those before it and states before it in one row a sample."""
        return self._xp.concatenate([Y[:, t + 1], Y[:, t], S[:, t]], axis=1)

    def _stays(self, values: Any, weights: Any) -> Any:
        """Return how much of each neuron's state stays: g_jj w_jj; 0 where it is not connected with itself."""
        stays = self._xp.zeros((len(values), self._w.units + 1), values.dtype)
        stays[:, self._own] = values[:, self._own_gain] * weights[self._own_weight]
        return stays

    def _slopes(self, Y: Any, S: Any, t: int) -> Any:
        """Return f'(s) of every neuron, 1 for inputs."""
        xp = self._xp
        slopes = xp.ones((len(Y), self._w.units), Y.dtype)
        for start, stop, function in self._w.functions:
            z, y = (xp.ascontiguousarray(one[:, t + 1, start:stop]) for one in (S, Y))
            dz = xp.empty_like(z)
            function.backward(z, y, xp.ones_like(z), dz, self._inside(start, stop - start, len(z)))
            slopes[:, start:stop] = dz
        return slopes

    def _summed(self, table: Table, first: Any, second: Any, weights: Any) -> Any:
        product = first[:, table.first] * second[:, table.second]
        product *= weights[table.weight]
        return product.sum(axis=2)

    def _inside(self, first: int, width: int, n: int) -> Scratch:
        """Return memory for the temporaries of an activation."""
        part = self._s.inside(f"{first} {width} {n}")
        part.n = n
        return part
