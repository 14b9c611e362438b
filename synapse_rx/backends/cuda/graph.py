"""Kernels that are launched together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Graph:
    """
    Launches kernels: the first time one by one, so that all are compiled and loaded, then on as a CUDA graph.

    The graph is told to the device once, then launched at the price of one kernel. It holds addresses and numbers as
    they were: what changes from step to step has to lie on the device.

    Args:
        launch: Launches the kernels, and asks the device for nothing else.
        capturing: The stream in which launches become a graph.
    """

    def __init__(self, launch: Callable[[], None], capturing: Any) -> None:
        self._launch, self._capturing = launch, capturing
        self._begun = False
        self._graph: Any = None

    def __call__(self) -> None:
        """Launch them in the present stream."""
        if not self._begun:
            self._launch()
            self._begun = True
            return
        if self._graph is None:
            self._graph = self._captured()
        self._graph.launch()

    def _captured(self) -> Any:
        with self._capturing as stream:
            stream.begin_capture()
            try:
                self._launch()
            finally:
                graph = stream.end_capture()
        return graph
