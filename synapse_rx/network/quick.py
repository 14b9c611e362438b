"""Answers of plain dense networks in one call to machine code: what a single sample costs is then not Python's."""

from __future__ import annotations

from contextlib import suppress
from threading import Lock, Thread, local
from typing import Any

import numpy as np

from .. import fast
from ..snapshot import Net
from ..typing import Array
from .arch import Arch
from .evaluation import CAPACITY
from .plain import plain_layers


class Quick:
    """
    Answers finite float32 samples as the program of a network does, as far as float32 allows; from any thread.

    `of` gives one where there is compiled code for the network.
    """

    def __init__(self, net: Net, layers: Array, answer: Any) -> None:
        self._layers = layers
        self._theta = net.params.flat
        self._answer = answer
        self._in_shape = net.arch.in_shape
        self._out_shape = net.arch.out_shape
        self._width = int(layers[:, 1].max())
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
        if not _ready() and not fast.may_compile():
            _begin_loading()
            return None
        return cls(net, layers, _kernel())

    def __call__(self, samples: Any) -> Array | None:
        """Return the outputs (N, *out_shape) for samples (N, *in_shape); None for what must be looked at first."""
        if (
            type(samples) is not np.ndarray
            or samples.dtype != np.float32
            or samples.shape[1:] != self._in_shape
            or not 0 < len(samples) <= CAPACITY
            or not samples.flags.c_contiguous
        ):
            return None
        n = len(samples)
        out = np.empty((n, *self._out_shape), np.float32)
        room = getattr(self._threads, "room", None)
        if room is None or len(room) < 2 * n * self._width:
            room = self._threads.room = np.empty(2 * n * self._width, np.float32)
        done = self._answer(samples.reshape(-1), self._theta, self._layers, out.reshape(-1), room)
        return out if done else None


_found: list[Any] = []
_loading: list[Thread] = []
_lock = Lock()


def _ready() -> bool:
    return bool(_found)


def _begin_loading() -> None:
    """Load the kernel on a thread, on one however often it is asked for meanwhile."""
    with suppress(IndexError):
        if _loading[-1].is_alive():
            return
    _loading[:] = [Thread(target=_kernel, name="synapse-rx-loads-kernels", daemon=True)]
    _loading[-1].start()


def _kernel() -> Any:
    """Return the kernel, compiled or from the disk."""
    if _found:
        return _found[0]
    with _lock:  # compiling is switched off behind it, so no two threads may be at it
        return _load()


def _load() -> Any:
    if not _found:
        fast.load()
        from .answer_kernel import answer as compiled

        answer: Any = compiled
        still = np.zeros(1, np.float32)
        still.setflags(write=False)  # compiled for what is only read, it takes what may be written as well
        layers = np.array([[1, 1, 0, 0, 0]], np.int64)
        answer(still, still, layers, still.copy(), np.zeros(2, np.float32))
        answer.disable_compile()
        _found.append(answer)
    return _found[0]
