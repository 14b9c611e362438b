"""Arrays in one piece."""

from __future__ import annotations

from ..scratch import Scratch
from ..typing import Array


def contiguous(array: Array, name: str, s: Scratch) -> Array:
    """Return ``array`` if it lies in memory in one piece, else a copy of it in the buffer ``name``."""
    if array.flags.c_contiguous:
        return array
    copy = s.array(name, array.shape[1:])
    s.xp.copyto(copy, array)
    return copy


def owned(array: Array, name: str, s: Scratch) -> Array:
    """
    Return ``array`` if it lies in memory in one piece that may be written to, else a copy of it.

    For compiled kernels, which nobody wants to compile once more for memory that they must not write to.
    """
    array = contiguous(array, f"{name} in one piece", s)
    if array.flags.writeable:
        return array
    copy = s.array(f"{name} of our own", array.shape[1:])
    s.xp.copyto(copy, array)
    return copy
