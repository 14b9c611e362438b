"""Copies from a device to the host, through memory that is page-locked."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np

from ..typing import Array

LARGEST = 1 << 28
"""Bytes of page-locked memory kept; an operating system has little of it. Larger arrays go by way of the driver's."""


class Copies:
    """
    Copies arrays to the host on a stream of its own, which waits for what the present stream was asked for so far.

    The page-locked memory is kept for the next copy, and what is returned is ordinary memory of its own, so that
    whoever keeps snapshots keeps no page-locked memory.

    Args:
        xp: The array module, cupy; its device is the present one.
    """

    def __init__(self, xp: Any) -> None:
        self._xp = xp
        self._stream = xp.cuda.Stream(non_blocking=True)
        self._room: Any = None
        self._lock = Lock()  # several trainings may share a backend

    def to_host(self, array: Array) -> np.ndarray:
        """Return a fresh copy of an array on the host; waits for it, and for nothing that is asked for later."""
        if not 0 < array.nbytes <= LARGEST or not array.flags.c_contiguous:
            return self._xp.asnumpy(array)
        with self._lock:
            self._stream.wait_event(self._xp.cuda.get_current_stream().record())
            room = self._pinned(array.nbytes)[: array.nbytes].view(array.dtype).reshape(array.shape)
            self._xp.asnumpy(array, stream=self._stream, out=room, blocking=False)
            self._stream.synchronize()
            return room.copy()

    def close(self) -> None:
        """Give the page-locked memory back."""
        with self._lock:
            self._room = None

    def _pinned(self, size: int) -> np.ndarray:
        if self._room is None or self._room.size < size:
            self._room = None  # first, so that there is room for more
            room = self._xp.cuda.alloc_pinned_memory(size)
            self._room = np.frombuffer(room, np.uint8, size)
        return self._room
