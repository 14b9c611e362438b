"""Which history a condition looks at."""

from __future__ import annotations

from typing import Any

from ..errors import OptionError


def check_monitor(instance: Any, attribute: Any, value: Any) -> None:
    """Require "loss", "training:KIND" or "validation:KIND"."""
    part, _, kind = value.partition(":") if isinstance(value, str) else ("", "", "")
    if value != "loss" and not (part in ("training", "validation") and kind):
        raise OptionError(f"monitor is 'loss', 'training:KIND' or 'validation:KIND', not {value!r}")


def monitored(stats: Any, monitor: str) -> Any:
    """
    Return the history named by ``monitor``.

    Raises:
        OptionError: If it is not recorded, naming what is.
    """
    if monitor == "loss":
        return stats.loss
    part, _, kind = monitor.partition(":")
    try:
        return getattr(stats, part)[kind]
    except KeyError:
        recorded = ["loss", *(f"{p}:{k}" for p in ("training", "validation") for k in getattr(stats, p))]
        raise OptionError(f"{monitor!r} is not recorded; recorded: {', '.join(recorded)}") from None
