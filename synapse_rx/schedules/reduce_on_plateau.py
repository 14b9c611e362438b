"""Smaller whenever learning stalls."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from attrs import field, frozen

from ..errors import OptionError
from ..options import finite, non_negative, number
from ..stopping.monitor import check_monitor, monitored
from .base import Schedule


def _count(instance: Any, attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise OptionError(f"{attribute.alias} of {instance.kind} must be a whole number >= 0, not {value!r}")


@frozen(slots=False)  # to have room for what is known
class ReduceOnPlateau(Schedule):
    """
    Multiplied by ``factor`` whenever an error did not improve for more than ``patience`` epochs (as in PyTorch).

    The value follows from the history of the error, so it survives stopping and resuming. An error that is NaN is no
    improvement.

    Args:
        start: The first value.
        factor: What a reduction multiplies it by, in (0, 1).
        patience: Epochs without improvement that are put up with.
        threshold: What counts as improvement, as a fraction of the best error so far.
        cooldown: Epochs after a reduction that do not count.
        end: Where it stops falling.
        monitor: Which error: "loss", "training:KIND" or "validation:KIND".
    """

    start: float = field(converter=number, validator=finite)
    factor: float = field(default=0.1, converter=number)
    patience: int = field(default=10, validator=_count)
    threshold: float = field(default=1e-4, converter=number, validator=non_negative)
    cooldown: int = field(default=0, validator=_count)
    end: float = field(default=0.0, converter=number, validator=finite)
    monitor: str = field(default="loss", validator=check_monitor)

    def __attrs_post_init__(self) -> None:
        if not (isinstance(self.factor, float) and 0 < self.factor < 1):
            raise OptionError(f"factor of reduce_on_plateau must be a number in (0, 1), not {self.factor!r}")

    def at(self, epoch: float, step: int, stats: Any = None) -> float:
        history = None if stats is None or not stats.epochs else monitored(stats, self.monitor)
        if history is None:
            return self.start
        # Within an epoch the history is the same object, and so is the answer.
        known = self.__dict__.get("_known")
        if known is None or known[0] is not history:
            known = history, self._after(np.asarray(history).tolist())
            object.__setattr__(self, "_known", known)
        return known[1]

    def _after(self, errors: list[float]) -> float:
        value, best, bad, resting = self.start, math.inf, 0, 0
        for error in errors:
            if error < best - self.threshold * abs(best) or (error < best == math.inf):
                best, bad = error, 0
            else:
                bad += 1
            if resting:
                resting, bad = resting - 1, 0
            if bad > self.patience:
                value, bad, resting = max(value * self.factor, self.end), 0, self.cooldown
        return value
