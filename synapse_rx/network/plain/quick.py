"""Answers of plain dense networks in one call to machine code: what a single sample costs is then not Python's."""

from __future__ import annotations

from contextlib import suppress
from threading import Lock, Thread, local
from typing import Any

import numpy as np

from ... import crew, fast
from ...snapshot import Net
from ...typing import Array
from ..arch import Arch
from ..evaluation import CAPACITY
from .layers import plain_layers

ROWS = 128
"""The samples that go through all layers at a time: what one layer writes the next finds in the cache."""

FLOAT32 = np.dtype(np.float32)
"""Of which there is one: whether it is that is asked faster than whether it is like that."""

SHARED = 16_000_000
"""Multiplications from which on threads share the samples."""


class Quick:
    """
    Answers finite float32 samples as the program of a network does, as far as float32 allows; from any thread.

    `of` gives one where there is compiled code for the network.
    """

    def __init__(self, net: Net, layers: Array, answer: Any, tiled: int) -> None:
        self._layers = layers
        self._theta = net.params.flat
        self._answer = answer
        self._tiled = tiled
        self._in_shape = net.arch.in_shape
        self._out_shape = net.arch.out_shape
        self._width = int(layers[:, 1].max())
        self._weights = int((layers[:, 0] * layers[:, 1]).sum())
        self._threads = local()

    @classmethod
    def of(cls, net: Net) -> Quick | None:
        """
        Return what answers quickly as ``net`` does; None where the program has to do it.

        The compiler is loaded, which takes a second once, but not on the thread of an event loop: there it is begun
        on another one, for networks asked for later.
        """
        if fast.why_not() is not None or net.params.flat.dtype != np.float32 or net.normalization is not None:
            return None
        layers = plain_layers(net.arch) if type(net.arch) is Arch else None
        if layers is None:
            return None
        columns = tuple(layers[:, 1].tolist())
        if not _ready(columns) and not fast.may_compile():
            _begin_loading(columns)
            return None
        return cls(net, layers, *_kernel(columns))

    def __call__(self, samples: Any) -> Array | None:
        """Return the outputs (N, *out_shape) for samples (N, *in_shape); None for what must be looked at first."""
        if (
            type(samples) is not np.ndarray
            or samples.dtype is not FLOAT32
            or samples.shape[1:] != self._in_shape
            or not 0 < len(samples) <= CAPACITY
            or not samples.flags.c_contiguous
        ):
            return None
        n = len(samples)
        out = np.empty((n, *self._out_shape), FLOAT32)
        if n > ROWS and n * self._weights >= SHARED:
            return out if self._share(samples, out) else None
        room = getattr(self._threads, "room", None)
        if room is None or len(room) < 2 + 2 * min(n, ROWS) * self._width:
            room = self._threads.room = np.empty(2 + 2 * min(n, ROWS) * self._width, np.float32)
        done = self._answer(samples.ravel(), self._theta, self._layers, out.ravel(), room, self._tiled)
        return out if done else None

    def _share(self, samples: Array, out: Array) -> bool:
        """
        Let threads write the outputs; return False for what must be looked at first.

        Samples go through in the same company however many threads there are, so that the answer is the same.
        """
        done: list[bool] = []

        def part(hand: int, first: int, last: int) -> None:
            x, y = samples[first * ROWS : last * ROWS], out[first * ROWS : last * ROWS]
            room = np.empty(2 + 2 * ROWS * self._width, np.float32)
            done.append(
                self._answer(x.reshape(-1), self._theta, self._layers, y.reshape(-1), room, self._tiled)
            )

        crew.share(-(-len(samples) // ROWS), crew.threads(), part)
        return all(done)


_found: list[Any] = []
_products: dict[tuple[int, ...], int] = {}
_loading: list[Thread] = []
_lock = Lock()


def _ready(columns: tuple[int, ...]) -> bool:
    return bool(_found) and columns in _products


def _begin_loading(columns: tuple[int, ...]) -> None:
    """Load the kernel on a thread, on one however often it is asked for meanwhile."""
    with suppress(IndexError):
        if _loading[-1].is_alive():
            return
    name = "synapse-rx-loads-kernels"
    _loading[:] = [Thread(target=_kernel, args=(columns,), name=name, daemon=True)]
    _loading[-1].start()


def _kernel(columns: tuple[int, ...]) -> tuple[Any, int]:
    """Return the kernel, compiled or from the disk, and the address of our own products with so many columns."""
    if not _ready(columns):
        with _lock:  # compiling is switched off behind it, so no two threads may be at it
            _load(columns)
    return _found[0], _products[columns]


def _load(columns: tuple[int, ...]) -> None:
    if not _found:
        fast.load()
        from .answer_kernel import answer as compiled

        answer: Any = compiled
        still = np.zeros(1, np.float32)
        still.setflags(write=False)  # compiled for what is only read, it takes what may be written as well
        layers = np.array([[1, 1, 0, 0, 0]], np.int64)
        answer(still, still, layers, still.copy(), np.zeros(4, np.float32), 0)
        answer.disable_compile()
        _found.append(answer)
    if columns not in _products:
        from ...products.product_kernel import tiled_products

        _products[columns] = tiled_products(*columns)
