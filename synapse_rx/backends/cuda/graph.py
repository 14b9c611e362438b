"""A step that is captured once and launched again and again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from ...typing import Array

SHARE = 1e-3
"""Which part of a change two ways to make it may differ by."""

ROUNDING = 1e-6
"""And which part of the largest number; sums that are taken in any order differ by so much."""

log = logging.getLogger("synapse_rx")


class Graph:
    """
    Does a step one thing after the other the first time, from the second on as a CUDA graph.

    The graph is told to the device once, then launched at the price of one kernel. It holds addresses and numbers as
    they were: what changes from step to step has to lie on the device. What the step takes of memory while it is
    captured comes from a pool of the graph's own, so that nobody else is ever given it.

    The second step is taken both ways, from the same beginning. Where it cannot be captured, or the graph comes to
    anything else, a warning says so, and this and all further steps are done one thing after the other.

    Args:
        step: What is to be done, in the present stream; it asks for no number of the device, and sends it none.
        changes: Gives all arrays that it changes and that anybody reads again.
        xp: The array module, cupy.
        pool: Makes a pool of memory.
        room: Gives what else the step works in, to be held.

    Attributes:
        refused: Whether there is no graph, and never will be.
    """

    def __init__(
        self,
        step: Callable[[], None],
        changes: Callable[[], Sequence[Array]],
        xp: Any,
        pool: Callable[[], Any],
        room: Callable[[], Any] = lambda: None,
    ) -> None:
        self._step, self._changes, self._xp = step, changes, xp
        self._make_pool, self._room = pool, room
        self._begun = self.refused = False
        self._graph: Any = None
        self._held: Any = None

    def __call__(self) -> None:
        """Take the step in the present stream."""
        if self._graph is not None:
            self._graph.launch()
        elif self._begun and not self.refused:
            self._try()
        else:
            self._step()
            self._begun = True

    def _try(self) -> None:
        """Take the step both ways, and go on as they agree."""
        try:
            graph, changes = self._captured(), self._changes()
            before = [array.copy() for array in changes]
            stepped = [self._xp.empty_like(array) for array in changes]
        except Exception as error:
            self._refuse(f"cannot be captured ({' '.join(str(error).split())[:300]})")
            self._step()
            return
        self._step()
        _put(changes, stepped)
        _put(before, changes)
        graph.launch()
        if all(map(self._same, changes, stepped, before)):
            self._graph = graph
        else:
            _put(stepped, changes)
            self._refuse("comes to something else when it is launched again; please report it")

    def _captured(self) -> Any:
        cuda = self._xp.cuda
        stream, pool = cuda.Stream(non_blocking=True), self._make_pool()
        self._held = stream, pool, self._room()
        with stream, cuda.using_allocator(pool.malloc):
            stream.begin_capture()
            try:
                self._step()
            except Exception:
                with suppress(Exception):  # what went wrong has been said
                    stream.end_capture()
                raise
            return stream.end_capture()

    def _refuse(self, why: str) -> None:
        self.refused, self._held = True, None
        log.warning("a step of this training %s; it goes on without CUDA graphs", why)

    def _same(self, found: Array, expected: Array, before: Array) -> bool:
        """Return whether two steps from one beginning came to the same, to rounding."""
        if not found.size:
            return True
        xp = self._xp
        same = (found == expected) | ((found != found) & (expected != expected))
        gap, change, size = (
            float(xp.asnumpy(xp.where(same, 0, abs(array)).max()))
            for array in (found - expected, expected - before, expected)
        )
        return gap <= SHARE * change + ROUNDING * size


def _put(arrays: Sequence[Array], places: Sequence[Array]) -> None:
    for array, place in zip(arrays, places, strict=True):
        place[...] = array
