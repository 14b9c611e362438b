"""Arrays in one piece."""

from __future__ import annotations

from ..machine_code import writable
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
    """Return ``array`` if it lies in memory in one piece that may be written to, else a copy of it (`writable`)."""
    return writable(contiguous(array, f"{name} in one piece", s), f"{name} of our own", s)
