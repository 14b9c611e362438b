"""Chunks: many batches of a plain dense network learnt in one call, without the global interpreter lock."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Any

import numpy as np

from ... import crew, fast
from ...losses import BinaryCrossEntropy, CategoricalCrossEntropy, Loss, SquaredError
from ...snapshot import Net
from ...typing import Array
from ..arch import Arch
from ..feeds.feed import Feed
from ..feeds.shard import ShardFeed
from ..moves import MOVES, SCALARS, VECTORS, Moves, is_plain, learns_plainly, sums_gradients
from .layers import ACTIVATIONS, plain_layers

PART = 256
"""The most samples a thread takes through all layers at a time: what one layer writes the next finds in the cache."""

ROOM = 131_072
"""The most numbers of a gradient that are summed up before their step is taken: 512 KiB, which stay in the cache."""

SQUARES = 2
"""The kernel's number of the squared error, the only loss that takes outputs, not logits."""

SHARED = 1_000_000
"""Multiplications of a batch from which on threads share it; for fewer it takes as long to meet as to compute."""


class Chunk:
    """
    Learns batches as an `Engine` does, where network, training and data are of the common kind.

    That is: float32 on the host; dense layers, all linear, sigmoid, tanh or relu but for the last, which may have the
    link of its loss; every sample counting once; nothing recorded but misclassifications; no penalties, bounds,
    factors or averages; an algorithm whose steps are one of `MOVES`. `of` gives None for all others.

    Results agree with those of the engine as far as float32 allows, not bit for bit: exponentials are computed
    otherwise, and sums taken in another order.
    """

    def __init__(
        self, net: Net, feed: Feed, loss: int, layers: Array, counts: bool, sums: bool, grad: Array
    ) -> None:
        self._learn: Any = None
        self._gradient: Any = None
        self._feed = feed
        self._layers = layers
        self._loss, self._counts, self._sums = loss, counts, sums
        self._codes = np.empty(0, np.int64)
        self._grad = grad
        self._shared = _is_shared(layers, feed.batch)
        self._memory: list[tuple[Array, Array, Array]] = []
        self._meeting = np.zeros(1, np.int64)
        self._asked, self._hands = float("-inf"), 1
        self._own_order = np.empty(0, np.int64)

    @classmethod
    def of(
        cls, net: Net, data: Any, feed: Any, loss: Loss, kinds: Sequence[Any], grad: Array
    ) -> Chunk | None:
        """Return what learns ``net`` on the batches of ``feed`` in chunks; None where that must be done one by one."""
        layers, counts = plain_layers(net.arch), len(kinds) == 2
        found = _loss(loss, net.arch) if layers is not None else None
        plain = (
            fast.why_not() is None and type(feed) in (Feed, ShardFeed) and is_plain(net, data, feed, kinds)
        )
        if not plain or layers is None or found is None:
            return None
        return cls(net, feed, found, layers, counts, sums_gradients(net.training), grad)

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
        self._prepare()
        vectors = moves.vectors(state)
        self._go_by(moves.name)
        span = (first, first + moves.count, self._feed.batch, PART)
        self._share(self._learn, span, theta, vectors, moves.scalars, rows)

    def gradient(self, first: int, last: int, share: float, theta: Array, rows: Array) -> None:
        """
        Write the gradient of some samples of the epoch, and take no step.

        Args:
            first, last: The first sample, and the one behind the last.
            share: What the gradient of their losses' sum is multiplied by.
            theta: The parameters.
            rows: Where errors are written, (kinds, samples).
        """
        self._prepare()
        self._codes[0] = -1
        vectors, scalars = (np.empty(0, np.float32),) * VECTORS, np.full((1, SCALARS), share, np.float32)
        self._share(self._gradient, (first, last, PART), theta, vectors, scalars, rows)

    def _prepare(self) -> None:
        if self._learn is None:
            # Loaded and compiled where it is first called: on the thread that trains, not on that of an event loop.
            fast.load()
            from .chunk_kernel import learn
            from .gradient_kernel import gradient

            self._codes = self._addresses()
            self._learn, self._gradient = learn, gradient

    def _addresses(self) -> Array:
        """Return the codes of `chunk_kernel.learn`, but for those of the move."""
        from ...products.product_kernel import product, tiled_products
        from .activation_kernels import function_addresses
        from .loss_kernels import LOSSES, misses

        layers, linked = self._layers, self._loss != SQUARES
        functions = [function_addresses(code) for code in layers[:-1, 4].tolist()]
        # A linked loss takes logits, and gives their gradients.
        functions.append(function_addresses(0 if linked else int(layers[-1, 4])))
        below = [0, *(derivative for _, derivative in functions[:-1])]
        tiled = tiled_products(*layers[:, 1].tolist(), *layers[1:, 0].tolist())
        loss, miss = fast.address(LOSSES[self._loss]), fast.address(misses) if self._counts else 0
        first = [0, self._sums, tiled, fast.address(product), 0, 0, loss, miss, functions[-1][1]]
        activations = [
            code for (function, _), of in zip(functions, below, strict=True) for code in (function, of)
        ]
        return np.array([*first, *activations], np.int64)

    def _go_by(self, move: str) -> None:
        """Let the kernel take the steps of a move."""
        from ..step_kernels import step_addresses

        self._codes[0] = MOVES[move]
        self._codes[4:6] = step_addresses(move)

    def _share(self, kernel: Any, span: Any, theta: Array, slots: Any, scalars: Array, rows: Array) -> None:
        """
        Let threads run a kernel together, as many as matrix products have, each of them on its share of every batch.

        The library's products have threads of their own, and little work is not worth waiting for each other.
        """
        hands = self._threads() if self._shared and self._codes[2] else 1
        if len(self._memory) != hands:
            between, gradient = _room(self._layers, self._feed.batch, hands)
            layers = np.empty(between, np.float32)
            self._memory = [
                (layers, np.empty(gradient, np.float32), np.array([0, 1, 0, 0], np.float32))
                for _ in range(hands)
            ]
        self._meeting[0] = 0
        samples = self._samples()

        def part(hand: int, first: int, last: int) -> None:
            kernel(
                *samples,
                span,
                self._layers,
                self._codes,
                theta,
                self._grad,
                slots,
                scalars,
                self._memory[hand],
                rows,
                (hand, hands, self._meeting),
            )

        crew.share(hands, hands, part)

    def _threads(self) -> int:
        """Return how many threads there are, or were less than a second ago."""
        # To ask gives up the interpreter's lock, and beside a busy event loop it takes milliseconds to get it back.
        if (now := perf_counter()) >= self._asked + 1.0:
            self._asked, self._hands = now, crew.threads()
        return self._hands

    def _samples(self) -> tuple[Array, Any, Array, Array]:
        """Return samples, what multiplies them, targets and the order of the epoch, empty for their own."""
        batches = self._feed.plain
        assert batches is not None
        x, scale, t, order = batches
        return x, scale, t, self._own_order if order is None else order


def compile_every_kind() -> None:
    """Compile what chunks of any network call, but for the steps of algorithms."""
    fast.load()
    from ...products.product_kernel import product, tiled_products
    from .activation_kernels import FUNCTIONS, function_addresses
    from .loss_kernels import LOSSES, misses

    tiled_products()
    for code in range(len(FUNCTIONS)):
        function_addresses(code)
    for kernel in (product, misses, *LOSSES):
        fast.address(kernel)


def working_memory(net: Net, loss: Loss, kinds: Sequence[Any], batch: int, threads: int) -> int | None:
    """
    Return the bytes a chunk works in, beside parameters, their gradient and the algorithm's vectors.

    None if such a network, trained so, learns batch by batch whatever the data are.

    Args:
        net: The network.
        loss: What it is trained by.
        kinds: The statistics of training, the loss first.
        batch: Samples in a batch.
        threads: How many threads matrix products have.
    """
    layers = plain_layers(net.arch) if fast.why_not() is None and learns_plainly(net, kinds) else None
    if layers is None or _loss(loss, net.arch) is None:
        return None
    hands = threads if _is_shared(layers, batch) else 1
    between, gradient = _room(layers, batch, hands)
    return 4 * (between + hands * gradient)


def _is_shared(layers: Array, batch: int) -> bool:
    return batch * int((layers[:, 0] * layers[:, 1]).sum()) >= SHARED


def _room(layers: Array, batch: int, hands: int) -> tuple[int, int]:
    """Return how many numbers there are between all layers, for all hands, and of a gradient for each of them."""
    units = layers[:, 1]
    each = int(layers[0, 0]) + int(units[-1]) + 2 * int(units.sum())
    # Gradients of a few rows of W at a time, at least of one row or of the biases.
    rows = max(int(units.max()), min(ROOM, int((layers[:, 0] * units).max())))
    return min(batch, PART * hands) * each, rows


def _loss(loss: Loss, arch: Arch) -> int | None:
    """Return the kernel's number of a loss behind the output; None if it does not know it there."""
    linked = loss.links(arch.output)
    if linked and loss == CategoricalCrossEntropy():
        return 0
    if linked and loss == BinaryCrossEntropy():
        return 1
    if loss == SquaredError() and type(arch.output) in ACTIVATIONS:
        return SQUARES
    return None
