"""Errors of samples whose targets are all there."""

from __future__ import annotations

from ..activations import Activation
from ..losses.separable import clear
from ..metrics import Metric
from ..scratch import Scratch
from ..typing import Array


class PresentError(Metric):
    """
    What a metric makes of samples none of whose targets is missing, 0 for the others, as a `Censored` loss has it.

    No member of the family: it is what an error kind becomes beside such a loss.

    Args:
        measure: The metric.
    """

    def __init__(self, measure: Metric) -> None:
        self._measure = measure

    @property
    def name(self) -> str:
        return self._measure.name

    def for_output(self, activation: Activation) -> Metric:
        return PresentError(self._measure.for_output(activation))

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        present, missing = (
            s.array("metric_present", t.shape[1:]),
            s.array("metric_missing", t.shape[1:], bool),
        )
        incomplete = s.array("metric_incomplete", (), bool)
        s.xp.isnan(t, out=missing)
        s.xp.copyto(present, t)
        clear(present, missing, s)
        self._measure.values(y, present, values, s)
        s.xp.any(missing, axis=1, out=incomplete)
        clear(values, incomplete, s)
