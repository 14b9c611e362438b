"""What may stand where a number or a schedule is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..options import number
from .base import Schedule
from .callable import Callable
from .piecewise import Piecewise


def number_or_schedule(value: Any) -> Any:
    """
    Convert to a float or a `Schedule`; what is neither stays as it is, for the validator to refuse.

    A list is one of (epochs, value) pairs, a mapping a schedule's plain data, a function one of (epoch, step, stats).

    Raises:
        OptionError: If a list or mapping is none of a schedule.
    """
    if isinstance(value, Schedule):
        return value
    if isinstance(value, Mapping):
        return Schedule.of(value)
    if isinstance(value, (list, tuple)):
        return Piecewise(value)
    if callable(value):
        function: Any = value
        return Callable(function)
    return number(value)
