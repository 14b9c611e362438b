"""Epochs of a training on a backend with nobody listening, and with ten subscribers at once."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import synapse_rx as sx
from synapse_rx.backends import Backend

from ..subscribers import BATCH, UNITS, makes, samples

TEN = (
    *("Progress", "Logger", "CSVLog", "JSONLinesLog", "EarlyStopping"),
    *("BestSoFar", "History", "Checkpoint", "Plot", "Notify"),
)


class Subscribed:
    """
    784-100-10 in training, as whoever uses the library trains it.

    Args:
        backend: Where to compute.
        names: Which subscribers listen.
        epochs: Epochs at a time.
        quick: Learn few samples.
    """

    def __init__(self, backend: Backend, names: tuple[str, ...], epochs: int, *, quick: bool = False) -> None:
        self._backend, self._names, self._epochs = backend, names, epochs
        self._data, self._tests = samples(quick)
        self.steps = -(-len(self._data.data) // BATCH)

    def epoch(self) -> float:
        """
        Return the seconds an epoch takes, behind a first training that makes what is made once.
        """
        net = sx.mlp(UNITS, ["relu", "softmax"], sx.training("adam"))
        with ExitStack() as stack, TemporaryDirectory() as folder:
            for name in self._names:
                stack.callback(makes(self._tests)[name](Path(folder), net).close)
            sx.deref(sx.train(net, self._data, 1, backend=self._backend))
            start = perf_counter()
            sx.deref(sx.train(net, self._data, self._epochs, backend=self._backend))
            return (perf_counter() - start) / self._epochs
