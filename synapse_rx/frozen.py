"""Arrays that nobody can write to, nor make writable again."""

from __future__ import annotations

from mmap import mmap
from typing import Any

import numpy as np


def frozen(array: np.ndarray, *, fresh: bool = False) -> np.ndarray:
    """
    Return ``array`` as a C-contiguous array that cannot be made writable.

    ``setflags(write=False)`` is not enough: whoever holds the original could go on writing to it. A file mapped
    read-only (``np.memmap(..., mode="r")``) is not copied.

    Args:
        array: Any numeric array.
        fresh: The caller made the array and nobody else holds it, so that it need not be copied.
    """
    if is_frozen(array) and array.flags.c_contiguous:
        return array.view(np.ndarray)
    own: Any = np.ascontiguousarray(array) if fresh else np.array(array, order="C")
    return np.frombuffer(memoryview(own.reshape(-1)).toreadonly(), own.dtype).reshape(array.shape)


def is_frozen(array: np.ndarray) -> bool:
    """Tell whether the memory below ``array`` refuses to be written to."""
    base = _memory(array)
    if isinstance(base, mmap):
        with memoryview(base) as view:
            return view.readonly
    return isinstance(base, bytes) or (isinstance(base, memoryview) and base.readonly)


def is_mapped(array: np.ndarray) -> bool:
    """Tell whether ``array`` lies in a file that is mapped into memory."""
    return isinstance(_memory(array), mmap)


def _memory(array: np.ndarray) -> object:
    base: object = array
    while isinstance(base, np.ndarray):
        base = base.base
    return base
