"""What tests of activations, losses and metrics work with: scratch memory and central differences."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

from synapse_rx.backends import NumpyBackend
from synapse_rx.scratch import Buffers, Scratch


def scratch(n: int, dtype: Any = np.float64, *, capacity: int | None = None, seed: int = 0) -> Scratch:
    """
    Return memory for batches of n on numpy, with a seeded generator.
    """
    backend = NumpyBackend()
    buffers = Buffers(backend, capacity or n, np.dtype(dtype))
    return Scratch(backend, buffers, n, rng=backend.generator(seed))


def quiet() -> np.errstate:
    """
    Return the floating-point error state that passes run under.
    """
    return np.errstate(over="ignore", under="ignore")


def central_differences(f: Callable[[Any], float], x: Any, step: float = 1e-5) -> Any:
    """
    Return the gradient of the scalar f at x (float64) from f(x + step) - f(x - step), element by element.
    """
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        there = x.copy()
        there[index] += step
        back = x.copy()
        back[index] -= step
        gradient[index] = (f(there) - f(back)) / (2 * step)
    return gradient


def growth(work: Callable[[], object], times: int = 5) -> int:
    """
    Return the bytes that Python holds more when ``work`` is done: the least of several times, for other threads may
    begin to hold something once or twice meanwhile.
    """
    work()
    grown: list[int] = []
    tracemalloc.start()
    try:
        work()
        for _ in range(times):
            gc.collect()
            before = tracemalloc.get_traced_memory()[0]
            work()
            gc.collect()
            grown.append(tracemalloc.get_traced_memory()[0] - before)
    finally:
        tracemalloc.stop()
    return min(grown)


def peak_allocation(f: Callable[[], object]) -> int:
    """
    Return the bytes f holds at most beyond what was held before, once it has run and made its buffers.
    """
    f()
    tracemalloc.start()
    try:
        f()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
