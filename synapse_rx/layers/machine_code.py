"""Whether a node computes by compiled kernels."""

from __future__ import annotations

import numpy as np

from .. import fast
from ..scratch import Scratch


def suits(s: Scratch) -> bool:
    """
    Return whether float32 kernels may work in this memory; what was answered once is answered always.

    Training loads them. Who only asks a network does not wait for a compiler: there they are used if they are loaded.
    """
    return s.once("machine code suits", lambda: [_suits(s)])[0]


def _suits(s: Scratch) -> bool:
    if s.xp is not np or s.dtype != np.float32 or fast.why_not() is not None:
        return False
    if not s.training:
        return fast.at_hand()
    fast.load()
    return True
