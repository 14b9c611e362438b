"""Checks of hyper-parameters: each names the option, what it must be and what came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..activations.options import flag as flag
from ..activations.options import non_negative as non_negative
from ..activations.options import number as number
from ..activations.options import one_of as one_of
from ..activations.options import positive as positive
from ..errors import OptionError
from ..schedules import Schedule
from ..schedules import number_or_schedule as number_or_schedule

Validator = Callable[[Any, Any, Any], None]


def fraction(instance: Any, attribute: Any, value: Any) -> None:
    """Require a number in [0, 1)."""
    if not (isinstance(value, float) and 0 <= value < 1):
        raise OptionError(f"{attribute.alias} of {instance.kind} must be a number in [0, 1), not {value!r}")


def count(instance: Any, attribute: Any, value: Any) -> None:
    """Require a whole number >= 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise OptionError(f"{attribute.alias} of {instance.kind} must be a whole number >= 1, not {value!r}")


def scheduled(validator: Validator) -> Validator:
    """Return ``validator`` made to let a `Schedule` pass: its values are checked when they are known."""

    def check(instance: Any, attribute: Any, value: Any) -> None:
        if not isinstance(value, Schedule):
            validator(instance, attribute, value)

    return check
