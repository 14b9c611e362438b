"""The contract of a contestant."""

from __future__ import annotations

from abc import ABC, abstractmethod

from .problem import Weights


class Contestant(ABC):
    """
    A network in training somewhere; epochs follow one another.
    """

    @abstractmethod
    def epoch(self) -> None:
        """
        Learn all batches once, and return when the weights are there.
        """

    @abstractmethod
    def weights(self) -> Weights:
        """
        Return what was learnt so far, on the host.
        """
