"""No better for a while."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from ..options import count, non_negative, number
from .base import Condition, Course
from .monitor import check_monitor, monitored


@frozen
class Plateau(Condition):
    """
    Met when an error has not fallen by more than ``min_delta`` below its best for ``patience`` epochs.

    Only epochs of this training count, so training on after a plateau starts afresh.

    Args:
        patience: Epochs without improvement.
        min_delta: What counts as improvement.
        monitor: Which error: "loss", or "training:KIND" or "validation:KIND"; by default the loss.

    Raises:
        OptionError: If an option is out of range.
    """

    patience: int = field(validator=count)
    min_delta: float = field(default=0.0, converter=number, validator=non_negative)
    monitor: str = field(default="loss", validator=check_monitor)

    def met(self, course: Course) -> bool:
        series = np.asarray(monitored(course.stats, self.monitor))[course.since :]
        best, since = np.inf, 0
        for value in series.tolist():
            best, since = (value, 0) if value < best - self.min_delta else (best, since + 1)
        return since >= self.patience
