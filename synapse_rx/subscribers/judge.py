"""Which of two snapshots is the better one."""

from __future__ import annotations

import math
from typing import Any

from attrs import field, frozen

from ..errors import OptionError, UnknownNameError
from ..snapshot import Net, Stats
from ..stopping.monitor import check_monitor, monitored


def _mode(instance: Any, attribute: Any, value: Any) -> None:
    if value not in ("min", "max"):
        raise UnknownNameError.of("mode", value, ("min", "max"))


def _monitor(instance: Any, attribute: Any, value: Any) -> None:
    if value is not None:
        check_monitor(instance, attribute, value)


def _delta(instance: Any, attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise OptionError(f"min_delta must be a number >= 0, not {value!r}")


@frozen
class Judge:
    """
    Judges snapshots by the newest value of one history.

    Attributes:
        monitor: "loss", "training:KIND" or "validation:KIND"; None for the loss on the validation set, or where there
            is none, the training loss.
        min_delta: By how much a value must be better to count as better.
        mode: "min" where smaller is better, as for every error; "max" where larger is.
    """

    monitor: str | None = field(default=None, validator=_monitor)
    min_delta: float = field(default=0.0, validator=_delta)
    mode: str = field(default="min", validator=_mode)

    def value(self, net: Net) -> float:
        """
        Return what the newest epoch of ``net`` came to; NaN before the first, or where it was not measured.

        Raises:
            OptionError: If the history is not recorded, naming what is.
        """
        return self.value_at(net, -1) if net.training.stats.epochs else math.nan

    def value_at(self, net: Net, epoch: int) -> float:
        """
        Return what one epoch of ``net`` came to, counted from 0.

        Raises:
            OptionError: If the history is not recorded, naming what is.
        """
        stats = net.training.stats
        return monitored(stats, self.name(stats))[epoch]

    def better(self, value: float, best: float) -> bool:
        """Return whether ``value`` is better than ``best``; NaN never is, and anything else is better than NaN."""
        gain = best - value if self.mode == "min" else value - best
        return gain > self.min_delta or (math.isnan(best) and not math.isnan(value))

    def name(self, stats: Stats) -> str:
        """Return which history it is."""
        if self.monitor is not None:
            return self.monitor
        return f"validation:{next(iter(stats.validation))}" if stats.validation else "loss"
