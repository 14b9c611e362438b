"""Processes that learn apart from each other, and average what they have learnt every so many steps."""

from __future__ import annotations

import numpy as np

from .joint import Joint
from .standing import Standing


class Averaging:
    """
    Keeps processes at the same step when they average; does nothing where they learn every batch together.

    Args:
        joint: The processes that train together; None where this one trains alone.
    """

    def __init__(self, joint: Joint | None) -> None:
        self._joint = joint if joint is not None and joint.every is not None else None
        self._apart = False  # whether anything was learnt since parameters were averaged

    def depart(self, steps: int) -> int | None:
        """Learn apart, ``steps`` having been taken; return how many more may be; None for any number."""
        every = None if self._joint is None else self._joint.every
        if every is None:
            return None
        self._apart = True
        return every - steps % every

    def is_due(self, steps: int) -> bool:
        """Return whether it is time to average behind so many steps."""
        joint = self._joint
        return joint is not None and joint.every is not None and steps % joint.every == 0

    def meet(self, standing: Standing) -> None:
        """Average what is learnt, unless it was; of vectors and numbers only vectors of real numbers count."""
        joint = self._joint
        if joint is None or not self._apart:
            return
        for vector in standing.learnt:
            if vector is not None and np.ndim(vector) and vector.size and vector.dtype.kind == "f":
                joint.mean(vector)
        self._apart = False
