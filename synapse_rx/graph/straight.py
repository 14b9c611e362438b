"""Straight machine code: the kernels of one small graph without loops, branches and tables."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np

from .. import fast
from ..typing import Array
from .neuron_graph import NeuronGraph
from .wiring import wiring

AFTER = 500_000
"""Steps a graph learns before it gets machine code of its own: so many save about as much time as making it takes."""

LARGEST = 600
"""Connections, and extended traces through gates, of the largest graph that gets it; time to compile grows faster."""


class Straight:
    """
    Machine code for the steps of one graph.

    It does what the kernels for all graphs do, bit for bit, several times as fast where a graph is tiny, and takes some
    tenths of a second to compile. So it is made when a graph has learnt for a while.

    Args:
        graph: The graph.
        judged: The numbers of loss and output activation (`GraphChunk`) for code that learns one sample in one call, by
            plain descent; None for a sweep and the gradient's way back apart.
    """

    def __init__(self, graph: NeuronGraph, judged: tuple[int, int] | None) -> None:
        w = wiring(graph)
        self._graph, self._judged = graph, judged
        self._left = AFTER if len(w.source) + w.extensions <= LARGEST else None
        self._lock = Lock()
        self._code: list[Any] = []  # addresses are good for as long as this lives
        self._addresses = np.zeros(3, np.int64)

    def addresses(self, steps: int) -> Array:
        """
        Return where the machine code begins, 0 for none: of a sweep, of the gradient's way back, of all in one.

        Args:
            steps: How many steps are to be learnt next.
        """
        if self._left is not None:
            with self._lock:
                self._count(steps)
        return self._addresses

    def _count(self, steps: int) -> None:
        if self._left is None:
            return
        self._left -= steps
        if self._left > 0 or not fast.may_compile():
            return
        self._left = None
        fast.load()
        from .straight_code import machine_code
        from .tracing import Trace

        found = np.zeros(3, np.int64)
        for place, (kernel, judged) in self._kernels().items():
            self._code.append(machine_code(Trace(self._graph, kernel, judged)))
            found[place] = self._code[-1].address
        self._addresses = found

    def _kernels(self) -> dict[int, tuple[str, tuple[int, int]]]:
        """Return what there is to compile, by the place of its address."""
        if self._judged is not None:
            return {2: ("online", self._judged)}
        back = "back" if self._graph.gradient == "bptt" else "truncated"
        return {0: ("sweep", (0, 0)), 1: (back, (0, 0))}


@lru_cache(maxsize=64)
def straight(graph: NeuronGraph, judged: tuple[int, int] | None = None) -> Straight:
    """Return the machine code of ``graph``, which everything that learns it shares."""
    return Straight(graph, judged)
