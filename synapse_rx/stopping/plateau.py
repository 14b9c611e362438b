"""No better for a while."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import field, frozen

from ..errors import OptionError
from .base import Condition, Course
from .monitor import check_monitor, monitored


def _patience(instance: Any, attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise OptionError(f"patience must be a whole number >= 1, not {value!r}")


def _delta(instance: Any, attribute: Any, value: float) -> None:
    if not 0 <= value < float("inf"):
        raise OptionError(f"min_delta must be a number >= 0, not {value!r}")


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

    patience: int = field(validator=_patience)
    min_delta: float = field(default=0.0, converter=float, validator=_delta)
    monitor: str = field(default="loss", validator=check_monitor)

    def met(self, course: Course) -> bool:
        series = np.asarray(monitored(course.stats, self.monitor))[course.since :]
        best, since = np.inf, 0
        for value in series.tolist():
            best, since = (value, 0) if value < best - self.min_delta else (best, since + 1)
        return since >= self.patience
