"""Stopping conditions: values that say when a training is over, combined by ``|`` and ``&``."""

from collections.abc import Mapping, Sequence
from typing import Any

from .base import AllOf as AllOf
from .base import AnyOf as AnyOf
from .base import Condition as Condition
from .base import Course as Course
from .base import Turn as Turn
from .epochs import Epochs as Epochs
from .error_below import ErrorBelow as ErrorBelow
from .monitor import monitored as monitored
from .phases import Phases as Phases
from .plateau import Plateau as Plateau
from .seconds import Seconds as Seconds


def epochs(n: int) -> Epochs:
    """Stop after ``n`` complete epochs."""
    return Epochs(n)


def error_below(error: float, monitor: str = "loss") -> ErrorBelow:
    """Stop when an error is below ``error``: ``error_below(0.02, "validation:misclassification")``."""
    return ErrorBelow(error, monitor)


def phases(phases: Sequence[tuple[int, Mapping[str, Any]]], *, since: int | None = None) -> Phases:
    """Train so many epochs with these options, then so many with those: ``phases([(5, {"momentum": 0.5}), ...])``."""
    return Phases(phases, since)


def plateau(patience: int, *, min_delta: float = 0.0, monitor: str = "loss") -> Plateau:
    """Stop when an error has not improved for ``patience`` epochs."""
    return Plateau(patience, min_delta, monitor)


def seconds(seconds: float) -> Seconds:
    """Stop after so many seconds of computing."""
    return Seconds(seconds)
