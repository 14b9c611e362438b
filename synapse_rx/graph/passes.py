"""Forward and backward passes of a neuron graph as a layer: memory, kernels or reference, and what is kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import fast
from ..scratch import Scratch
from ..typing import Array
from .neuron_graph import NeuronGraph
from .reference import Reference
from .runs import runs
from .walking import Walking
from .wiring import wiring


class Passes:
    """
    Works on batches of one size.

    Args:
        graph: The graph.
        steps: Steps of a sample.
        sequences: Whether samples are (steps, features).
        s: The memory.
    """

    def __init__(self, graph: NeuronGraph, steps: int, sequences: bool, s: Scratch) -> None:
        w = self._w = wiring(graph)
        self._graph = graph
        self._streams = graph.stream and not sequences and w.recurrent
        self._last = graph.returns == "last" and sequences
        n, steps = (1, s.n) if self._streams else (s.n, steps)
        self._walking = None if self._streams else Walking.of(graph, steps, s)
        if self._walking is None:
            self.Y, self.S = self._rows(s, "Y", n, steps, w.units + 1), self._rows(s, "S", n, steps, w.units)
        else:
            # Samples lie side by side there; here they come first, as everywhere.
            self.Y, self.S = (one.transpose(2, 0, 1)[:n] for one in (self._walking.Y, self._walking.S))
        self.S[:, :, : w.inputs] = 0  # inputs have no states, but places in what is kept
        self._theta = s.fixed("theta", (w.weights + len(w.fixed) + 1,))
        self._theta[w.weights : -1] = s.xp.asarray(w.fixed)
        self._theta[-1] = 0
        self._fixed = self._theta[w.weights :]
        self._grad = s.fixed("grad", (w.weights,))
        if self._walking is not None:
            return
        if self._streams:
            self._eps, self._ext = s.fixed("eps", (1, w.eligibilities)), s.fixed("ext", (1, w.extensions))
        else:
            self._eps, self._ext = s.array("eps", (w.eligibilities,)), s.array("ext", (w.extensions,))
        table = runs(graph) if s.xp is np and fast.why_not() is None else None
        self._compiled = None if table is None else _Compiled(graph, table, s)
        self._reference = None if self._compiled else Reference(graph, s)

    def forward(self, x: Array, s: Scratch) -> Array:
        w, Y, S = self._w, self.Y, self.S
        self._load(s)
        self._begin(s)
        Y[:, :, w.units] = 1
        Y[:, 1:, : w.inputs] = x.reshape(len(Y), -1, w.inputs)
        if self._walking is not None:
            self._walking.forward(self._theta, self._fixed)
        elif self._compiled is not None:
            self._compiled.forward(self._theta, self._fixed, Y, S)
        else:
            assert self._reference is not None
            self._reference.forward(Y, S, self._theta)
        if self._streams:
            activation, state = self._carried(s, "activation", w.units), self._carried(s, "state", w.units)
            activation[...] = Y[0, -1, : w.units]
            state[...] = S[0, -1]
        given = S if self._graph.states else Y[:, :, : w.units]
        y = given[:, -1:, w.outputs :] if self._last else given[:, 1:, w.outputs :]
        out = s.array("y", self._out(x)[1:])
        out.reshape(y.shape)[...] = y
        return out

    def backward(self, dy: Array, s: Scratch) -> Array | None:
        w = self._w
        outputs = w.units - w.outputs
        dx = s.array("dx", self._in(dy)) if s.needs_dx else None
        D = dy.reshape(len(self.Y), -1, outputs)
        if self._last:
            only = s.array("D", (self.Y.shape[1] - 1, outputs))
            only[:, :-1] = 0
            only[:, -1:] = D
            D = only
        grad = self._grad
        back = None if dx is None else dx.reshape(len(self.Y), -1, w.inputs)
        if self._walking is not None:
            self._walking.backward(self._theta, self._fixed, D, grad, back)
            if s.learns:
                self._give(s)
            return dx
        grad.fill(0)
        if self._streams:
            self._take_traces(s)
        else:
            self._eps.fill(0)
            self._ext.fill(0)
        if self._compiled is not None:
            self._compiled.backward(
                self._theta, self._fixed, self.Y, self.S, D, grad, self._eps, self._ext, back
            )
        else:
            assert self._reference is not None
            self._reference.backward(self.Y, self.S, self._theta, D, grad, self._eps, self._ext, back)
        if self._streams and self._keeps(s):
            for name, traces in (("eligibility", self._eps), ("extended", self._ext)):
                if name in s.kept:
                    s.kept[name][...] = traces[0]
        if s.learns:
            self._give(s)
        return dx

    def _rows(self, s: Scratch, name: str, n: int, steps: int, width: int) -> Array:
        """Return memory (n, steps + 1, width)."""
        if not self._streams:
            return s.array(name, (steps + 1, width))
        # One row more than samples, whatever the capacity: every sample has room for two.
        return s.array(name, (2, width)).reshape(-1, width)[None, : steps + 1]

    def _out(self, x: Array) -> tuple[int, ...]:
        width = self._w.units - self._w.outputs
        return (len(x), width) if x.ndim == 2 or self._last else (len(x), x.shape[1], width)

    def _in(self, dy: Array) -> tuple[int, ...]:
        steps = self.Y.shape[1] - 1
        sequences = self._last or dy.ndim == 3
        return (steps, self._w.inputs) if sequences else (self._w.inputs,)

    def _load(self, s: Scratch) -> None:
        """Put the parameters into one row."""
        place = 0
        for value in s.params.values():
            self._theta[place : place + value.size] = value.reshape(-1)
            place += value.size

    def _give(self, s: Scratch) -> None:
        place = 0
        for value in s.grads.values():
            value.reshape(-1)[...] = self._grad[place : place + value.size]
            place += value.size

    def _begin(self, s: Scratch) -> None:
        """Put in what is before the first step."""
        w = self._w
        if self._streams:
            self.Y[0, 0, : w.units] = self._carried(s, "activation", w.units)
            self.S[0, 0] = self._carried(s, "state", w.units)
        else:
            self.Y[:, 0, : w.units] = 0
            self.S[:, 0] = 0

    def _keeps(self, s: Scratch) -> bool:
        return s.training and not s.frozen

    def _carried(self, s: Scratch, name: str, size: int) -> Array:
        """Return where a stream goes on: what is kept in training, else what this network was last asked."""
        return s.kept[name] if self._keeps(s) else s.carried(name, (size,))[0]

    def _take_traces(self, s: Scratch) -> None:
        for name, traces in (("eligibility", self._eps), ("extended", self._ext)):
            if name in s.kept:
                traces[0] = s.kept[name]


class _Compiled:
    """Machine code for one batch size."""

    def __init__(self, graph: NeuronGraph, table: Any, s: Scratch) -> None:
        w = wiring(graph)
        self._table = table
        self._bptt = int(graph.gradient == "bptt")
        self._work = s.fixed("work", (6, w.units + 1))
        self._raw = s.fixed("raw", (len(w.source),))
        self._influence = s.fixed("influence", (w.pairs.shape[1],))
        self._no_dx = s.fixed("no_dx", (0, 0, w.inputs))

    def forward(self, theta: Array, fixed: Array, Y: Array, S: Array) -> None:
        fast.load()
        from .kernels import forward

        forward(self._table, theta, fixed, Y, S)

    def backward(
        self,
        theta: Array,
        fixed: Array,
        Y: Array,
        S: Array,
        D: Array,
        grad: Array,
        eps: Array,
        ext: Array,
        dx: Array | None,
    ) -> None:
        from .kernels import backward

        back = self._no_dx if dx is None else dx
        backward(
            self._table,
            self._bptt,
            theta,
            fixed,
            Y,
            S,
            D,
            grad,
            eps,
            ext,
            back,
            self._work,
            self._raw,
            self._influence,
        )
