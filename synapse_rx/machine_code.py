"""Whether a node computes by compiled kernels."""

from __future__ import annotations

import numpy as np

from . import fast
from .scratch import Scratch
from .typing import Array


def suits(s: Scratch) -> bool:
    """
    Return whether float32 kernels may work in this memory; what was answered once is answered always.

    Training loads them. Who only asks a network does not wait for a compiler: there they are used if they are loaded.
    """
    return s.once("machine code suits", lambda: [_suits(s)])[0]


def writable(array: Array, name: str, s: Scratch) -> Array:
    """
    Return ``array`` if it may be written to, else a copy of it.

    Nobody wants to compile a kernel once more for memory that it must not write to.
    """
    if array.flags.writeable:
        return array
    copy = s.array(name, array.shape[1:])
    s.xp.copyto(copy, array)
    return copy


def _suits(s: Scratch) -> bool:
    if s.xp is not np or s.dtype != np.float32 or fast.why_not() is not None:
        return False
    if not s.training:
        return fast.at_hand()
    fast.load()
    return True
