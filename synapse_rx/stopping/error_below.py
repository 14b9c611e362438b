"""Good enough."""

from __future__ import annotations

from attrs import field, frozen

from ..options import finite, number
from .base import Condition, Course
from .monitor import check_monitor, monitored


@frozen
class ErrorBelow(Condition):
    """
    Met when an error falls below ``error``.

    Args:
        error: The bound.
        monitor: Which error: "loss", or "training:KIND" or "validation:KIND" such as "validation:misclassification".

    Raises:
        OptionError: If the bound is not finite or the monitor is not of that form.
    """

    error: float = field(converter=number, validator=finite)
    monitor: str = field(default="loss", validator=check_monitor)

    def met(self, course: Course) -> bool:
        series = monitored(course.stats, self.monitor)
        return len(series) > 0 and series[-1] < self.error
