"""Chunks: many batches of a neuron graph learnt in one call, without the global interpreter lock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import fast
from ..activations import Activation as Function
from ..activations import Linear, Sigmoid, Softmax
from ..losses import BinaryCrossEntropy, CategoricalCrossEntropy, Loss, SquaredError
from ..network.feeds.feed import Feed
from ..network.moves import MOVES, Moves, is_plain, sums_gradients
from ..snapshot import Net
from ..typing import Array
from .neuron_graph import NeuronGraph
from .runs import FUNCTIONS, runs
from .straight import straight
from .wiring import wiring


class GraphChunk:
    """
    Learns batches of steps or sequences as an engine does, where network, training and data are of the common kind.

    That is: float32 on the host; activations that kernels know; the canonical link of the loss, or half the sum of
    squares; every sample counting once; nothing recorded but misclassifications; no penalties, bounds, factors or
    averages; an algorithm whose steps are one of `MOVES`. `of` gives None for all others.
    """

    def __init__(
        self, net: Net, feed: Feed, loss: int, counts: bool, sums: bool, grad: Array, kept: Array
    ) -> None:
        graph = net.arch.places[0].layer
        w, table = wiring(graph), runs(graph)
        assert table is not None
        shape = net.arch.in_shape
        sequences = len(shape) == 2
        streams = graph.stream and not sequences and w.recurrent
        rows = feed.batch if streams else shape[0] if sequences else 1
        last = graph.returns == "last" and sequences
        self._learn: Any = None
        self._addresses: Any = None
        self._feed = feed
        self._table = table
        output = FUNCTIONS.get(type(net.arch.output), 0)
        self._codes = np.array([loss, 0, counts, sums, graph.gradient == "bptt", streams, last, output, 0, 0])
        self._grad = grad
        self._straight = straight(graph)
        single = feed.batch == 1 and not sequences and not counts and graph.gradient == "truncated"
        self._online = straight(graph, (loss, output)) if single else None
        self._steps = rows if sequences else 1
        self._fixed = w.fixed.astype(np.float32)
        outputs = w.units - w.outputs
        empty = np.empty(0, np.float32)
        if streams:
            views = net.arch.keeps.views(kept, net.arch.places[0].path)
            self._kept = tuple(
                views.get(name, empty) for name in ("activation", "state", "eligibility", "extended")
            )
        else:
            sizes = (w.units, w.units, w.eligibilities, w.extensions)
            self._kept = tuple(np.empty(size, np.float32) for size in sizes)
        self._memory = (
            np.ones((rows + 1, w.units + 1), np.float32),
            np.zeros((rows + 1, w.units), np.float32),
            np.zeros((rows, outputs), np.float32),
            np.empty((6, w.units + 1), np.float32),
            np.empty(len(w.source), np.float32),
            np.empty(w.pairs.shape[1], np.float32),
            np.empty((0, w.inputs), np.float32),
            np.empty(outputs, np.float32),
        )
        self._own_order = np.empty(0, np.int64)

    @classmethod
    def of(
        cls, net: Net, data: Any, feed: Any, loss: Loss, kinds: Sequence[Any], grad: Array, kept: Array
    ) -> GraphChunk | None:
        """Return what learns ``net`` on the batches of ``feed`` in chunks; None where that must be done one by one."""
        how, graph = net.training, net.arch.places[0].layer
        if not isinstance(graph, NeuronGraph) or not graph.states or fast.why_not() is not None:
            return None
        found, counts = _loss(loss, net.arch.output), len(kinds) == 2
        plain = type(feed) is Feed and how.algorithm is not None and is_plain(net, data, feed, kinds)
        if not plain or found is None or runs(graph) is None:
            return None
        return cls(net, feed, found, counts, sums_gradients(how), grad, kept)

    def takes(self, moves: Moves) -> bool:
        """Return whether such steps are known here."""
        return moves.name in MOVES

    def learn(self, first: int, moves: Moves, theta: Array, state: Any, rows: Array) -> None:
        """
        Learn batches from ``first`` on, one with each move.

        Args:
            first: The first batch.
            moves: What to do in each.
            theta: The parameters.
            state: The state of the algorithm; its arrays are written to.
            rows: Where errors are written, (kinds, samples).
        """
        if self._learn is None:
            # Loaded and compiled where it is first called: on the thread that trains, not on that of an event loop.
            fast.load()
            from ..network.step_kernels import step_addresses
            from .chunk_kernel import learn

            self._learn, self._addresses = learn, step_addresses
        batches = self._feed.plain
        assert batches is not None
        x, scale, t, order = batches
        order = self._own_order if order is None else order
        code = self._straight
        if self._online is not None and moves.name == "descend" and x.dtype == np.float32 and scale == 1:
            code = self._online
        self._codes[1] = MOVES[moves.name]
        self._codes[8:] = self._addresses(moves.name)
        self._learn(
            self._table,
            x,
            scale,
            t,
            order,
            (first, first + moves.count, self._feed.batch),
            self._codes,
            code.addresses(moves.count * self._feed.batch * self._steps),
            theta,
            self._fixed,
            self._grad,
            moves.vectors(state),
            moves.scalars,
            self._kept,
            self._memory,
            rows,
        )


def _loss(loss: Loss, output: Function) -> int | None:
    """Return the kernel's number of a loss behind the output; None if it does not know it there."""
    if output == Softmax() and loss == CategoricalCrossEntropy():
        return 0
    if output == Sigmoid() and loss == BinaryCrossEntropy():
        return 1
    if loss == SquaredError() and (output == Linear() or type(output) in FUNCTIONS):
        return 2
    return None
