"""Chunks on a device: every batch is the same list of kernels, made once and launched again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ...backends import Backend
from ...backends.cuda import TABLE, Advance, Gather, Kernels, Misses, Product, SoftmaxCrossEntropy
from ...backends.cuda.tiles import LINEAR
from ...losses import CategoricalCrossEntropy, Loss
from ...snapshot import Net
from ...typing import Array
from ..feeds.feed import Feed
from ..moves import SCALARS, Moves, is_plain, sums_gradients
from ..plain.layers import SOFTMAX, plain_layers
from .held import Held
from .moves import known, strokes

MOST = 1 << 27
"""Multiplications with addition of a batch up to which launches cost more than products of our own."""

ROWS = 4096
"""Steps whose numbers lie on the device at a time."""


class DeviceChunk:
    """
    Learns batches as an `Engine` does, where network, training and data are of the common kind.

    That is: float32 on a device with kernels; samples that lie there whole, every one counting once; dense layers, all
    linear, sigmoid, tanh or relu but for a softmax with cross-entropy at the end; nothing recorded but
    misclassifications; no penalties, bounds, factors or averages; a step that is `known`. `of` gives None for all
    others.

    The device knows by itself where in the epoch it stands and which step is to be taken: the host sends the numbers of
    many steps together, and launches.
    """

    def __init__(
        self,
        backend: Backend,
        kernels: Kernels,
        feed: Feed,
        layers: Array,
        counts: bool,
        sums: bool,
        grad: Array,
    ) -> None:
        assert TABLE == SCALARS, "a row of the table holds what a move needs"
        xp, batch = backend.xp, feed.batch
        self._backend, self._kernels, self._feed = backend, kernels, feed
        self._layers, self._counts, self._sums, self._grad = layers.tolist(), counts, sums, grad
        assert feed.plain is not None
        x, _, t, _ = feed.plain
        self._x, self._t = (xp.empty((batch, one.shape[1]), np.float32) for one in (x, t))
        self._y = [xp.empty((batch, units), np.float32) for _, units, *_ in self._layers]
        self._d = [xp.empty((batch, units), np.float32) for _, units, *_ in self._layers]
        self._shares = xp.empty(self._y[-1].shape, np.float32)
        most = max(Product.room(batch, inputs, units) for inputs, units, *_ in self._layers)
        self._room = xp.empty(most, np.float32) if most else None
        self._order = xp.empty(feed.n, np.int64)
        self._ordered: Any = None
        self._table, self._at = xp.zeros((ROWS, TABLE), np.float32), xp.zeros(3, np.int64)
        self._steps = Held[Callable[[], None]]()

    @classmethod
    def of(
        cls,
        net: Net,
        data: Any,
        feed: Any,
        loss: Loss,
        kinds: Sequence[Any],
        grad: Array,
        backend: Backend,
    ) -> DeviceChunk | None:
        """Return what learns ``net`` on the batches of ``feed`` in chunks; None where that must be done one by one."""
        kernels, layers = backend.kernels, plain_layers(net.arch)
        counts = len(kinds) == 2
        plain = (
            kernels is not None
            and layers is not None
            and type(feed) is Feed
            and is_plain(net, data, feed, kinds)
            and loss == CategoricalCrossEntropy()
            and layers[-1, 4] == SOFTMAX
            and all(b == w + inputs * units for inputs, units, w, b, _ in layers.tolist())
            and feed.batch * int((layers[:, 0] * layers[:, 1]).sum()) <= MOST
        )
        if not plain or kernels is None or layers is None:
            return None
        wanted = (Advance, Gather, Misses, Product, SoftmaxCrossEntropy)
        if any(kernels.get(kind, np.float32) is None for kind in wanted):
            return None
        return cls(backend, kernels, feed, layers, counts, sums_gradients(net.training), grad)

    def takes(self, moves: Moves) -> bool:
        """Return whether such steps are known here."""
        return known(moves.name, self._kernels)

    def learn(self, first: int, moves: Moves, theta: Array, state: Any, rows: Array) -> None:
        """
        Learn batches from ``first`` on, one with each move; nobody waits for the device.

        Args:
            first: The first batch.
            moves: What to do in each; at most `ROWS`.
            theta: The parameters.
            state: The state of the algorithm; its arrays are written to.
            rows: Where errors are written, (kinds, samples).
        """
        send, feed = self._backend.from_host, self._feed
        self._steps.hold([theta, rows, *(state[slot] for slot in moves.slots)])
        assert feed.plain is not None
        order = feed.plain[3]
        if order is not None and order is not self._ordered:
            self._order[...] = self._ordered = order
        self._table[: moves.count] = send(moves.scalars)
        self._at[...] = send(np.array([first * feed.batch, 0, 0]))
        for index in range(first, first + moves.count):
            start, stop = feed.span(index)
            key = stop - start, moves.name, order is not None
            self._steps.get(key, partial(self._made, *key))()

    def _made(self, n: int, name: str, shuffled: bool) -> Callable[[], None]:
        theta, rows, *slots = held = self._steps.arrays
        at = self._at
        vectors = {"theta": theta, "grad": self._grad, **dict(enumerate(slots))}
        ahead, behind = strokes(name, self._kernels, vectors, self._table, at)
        with self._kernels.recorded() as launches:
            for stroke in ahead:
                stroke()
            self._pass(n, theta, rows, shuffled)
            for stroke in behind:
                stroke()
            self._get(Advance)(self._at, n)

        def step() -> None:
            for launch in launches:
                launch()

        return self._backend.repeated(step, lambda: [*held, at])

    def _pass(self, n: int, theta: Array, rows: Array, shuffled: bool) -> None:
        """Gather a batch, pass it through all layers and gradients back."""
        gather, product, at, room = self._get(Gather), self._get(Product), self._at, self._room
        assert self._feed.plain is not None
        stored, scale, targets, _ = self._feed.plain
        order = self._order if shuffled else None
        x, t = self._x[:n], self._t[:n]
        gather.both(stored, targets, order, x, t, at, float(scale))
        y, d = [one[:n] for one in self._y], [one[:n] for one in self._d]
        inputs = [x, *y[:-1]]
        for k, (size, units, w, b, function) in enumerate(self._layers):
            weights, bias = theta[w:b].reshape(size, units), theta[b : b + units]
            applied = LINEAR if function == SOFTMAX else function
            product.forward(inputs[k], weights, bias, y[k], applied, room)
        shares, scale = self._shares[:n], 1.0 if self._sums else 1.0 / n
        self._get(SoftmaxCrossEntropy)(y[-1], t, shares, rows[0], d[-1], scale, at)
        if self._counts:
            self._get(Misses)(shares, t, rows[1], at)
        for k in reversed(range(len(self._layers))):
            size, units, w, b, _ = self._layers[k]
            grads = self._grad[w : b + units].reshape(size + 1, units)
            product.to_parameters(inputs[k], d[k], grads, room=room)
            if k:
                function = self._layers[k - 1][4]
                weights = theta[w:b].reshape(size, units)
                product.to_inputs(d[k], weights, y[k - 1], d[k - 1], function, room=room)

    def _get(self, kind: Any) -> Any:
        return self._kernels.get(kind, np.float32)
