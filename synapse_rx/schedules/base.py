"""The contract of a schedule."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from ..described import Described


class Schedule(Described, ABC):
    """
    A hyper-parameter that changes in the course of training, as a value.

    Implementations are frozen attrs classes and remember nothing: what they return follows from the arguments alone,
    so that training resumes anywhere. Time is counted in epochs, as a float, and so does not depend on the number of
    batches.
    """

    __slots__ = ()

    @abstractmethod
    def at(self, epoch: float, step: int, stats: Any = None) -> float:
        """
        Return the value for one update.

        Args:
            epoch: Epochs learnt before it: complete ones and the fraction of the one under way.
            step: Updates made before it.
            stats: What happened so far, a `Stats`; None where there is none yet.

        Raises:
            OptionError: If the value follows from a history that is not recorded.
        """
