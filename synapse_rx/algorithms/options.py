"""Checks of hyper-parameters: each names the option, what it must be and what came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..options import count as count
from ..options import flag as flag
from ..options import fraction as fraction
from ..options import non_negative as non_negative
from ..options import number as number
from ..options import one_of as one_of
from ..options import positive as positive
from ..schedules import Schedule
from ..schedules import number_or_schedule as number_or_schedule

Validator = Callable[[Any, Any, Any], None]


def scheduled(validator: Validator) -> Validator:
    """Return ``validator`` made to let a `Schedule` pass: its values are checked when they are known."""

    def check(instance: Any, attribute: Any, value: Any) -> None:
        if not isinstance(value, Schedule):
            validator(instance, attribute, value)

    return check
