"""Passes of one neuron graph on a device: what its kernels are given, and the memory they take."""

from __future__ import annotations

from ..scratch import Scratch
from ..typing import Array
from .neuron_graph import NeuronGraph
from .runs import runs
from .walks import Walks
from .wiring import wiring

LARGEST = 1 << 24
"""Numbers that gradients or traces of all samples may be; of more array functions add up what they compute."""


class Walking:
    """
    Works on batches of one size by `Walks`.

    Args:
        graph: The graph.
        walks: The kernels.
        steps: Steps of a sample.
        s: The memory.

    Attributes:
        Y: Activations before the first step and after each, and 1, (steps + 1, units + 1, capacity).
        S: States, (steps + 1, units, capacity).
    """

    def __init__(self, graph: NeuronGraph, walks: Walks, steps: int, s: Scratch) -> None:
        w, table = wiring(graph), runs(graph)
        assert table is not None
        self._wiring, self._walks, self._s, self._steps = w, walks, s, steps
        self._bptt = graph.gradient == "bptt"
        self._runs = int(table[5] - table[4]) // 10
        self._table = s.xp.asarray(table)
        self.Y = self._fixed("Y", steps + 1, w.units + 1)
        self.S = self._fixed("S", steps + 1, w.units)

    @classmethod
    def of(cls, graph: NeuronGraph, steps: int, s: Scratch) -> Walking | None:
        """Return what works on a graph; None where array functions have to."""
        if s.kernels is None or runs(graph) is None:
            return None
        w = wiring(graph)
        walks = s.fused(Walks)
        if walks is None or max(w.weights, w.eligibilities, w.extensions) * s.capacity > LARGEST:
            return None
        return cls(graph, walks, steps, s)

    def forward(self, theta: Array, fixed: Array) -> None:
        """Fill ``Y`` and ``S``, whose inputs and first step are given."""
        self._walks.forward(self._table, theta, fixed, self.Y, self.S, self._s.n)

    def backward(self, theta: Array, fixed: Array, D: Array, grad: Array, dx: Array | None) -> None:
        """
        Write the gradients of weights, summed over samples, and of inputs.

        Args:
            theta: Weights that learn.
            fixed: Others.
            D: The gradients of outputs, (n, steps, outputs).
            grad: Where those of weights go.
            dx: Where those of inputs go, (n, steps, inputs); None for nowhere.
        """
        n, w, room = self._s.n, self._wiring, self._fixed
        beside, back = room("D", self._steps, w.units - w.outputs), room("dx", self._steps, w.inputs)
        each, eps, ext = room("grad", w.weights), room("eps", w.eligibilities), room("ext", w.extensions)
        beside[:, :, :n] = D.transpose(1, 2, 0)
        for array in (each, eps, ext):
            array.fill(0)
        pairs = w.pairs.shape[1]
        self._walks.backward(
            self._table,
            theta,
            fixed,
            (self.Y, self.S, beside),
            (each, eps, ext, back),
            (room("work", 6, w.units + 1), room("raw", self._runs), room("influence", pairs)),
            n,
            pairs=pairs,
            bptt=self._bptt,
            wants_dx=dx is not None,
        )
        self._s.xp.sum(each[: w.weights, :n], axis=1, out=grad)
        if dx is not None:
            dx[...] = back[:, :, :n].transpose(2, 0, 1)

    def _fixed(self, name: str, *shape: int) -> Array:
        """Return memory for all samples there may be, side by side; no kernel is given none at all."""
        return self._s.fixed(f"walk {name}", (*shape[:-1], max(1, shape[-1]), self._s.capacity))
