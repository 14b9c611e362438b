"""The contract of an error kind."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..activations.base import Activation
from ..described import Described
from ..scratch import Scratch
from ..typing import Array


class Metric(Described, ABC):
    """
    An error recorded beside the loss: one value a sample, 0 when perfect, averaged over the samples.

    Implementations are frozen attrs classes; like losses they write into the array they are given and take temporaries
    from ``s.array(name, shape)`` (names starting with "metric_").

    Shapes:
        y, t (N, outputs); values (N,)
    """

    @property
    def name(self) -> str:
        """What it is recorded as among the error kinds."""
        return self.kind

    def for_output(self, activation: Activation) -> Metric:
        """Return the metric to use behind ``activation``: itself, or a more special one chosen by the output."""
        return self

    @abstractmethod
    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        """Write each sample's error into ``values``."""
