"""Validators for hyper-parameters: each names the option, what it must be and what came."""

from __future__ import annotations

import math
from typing import Any

from ..errors import OptionError


def non_negative(instance: Any, attribute: Any, value: float) -> None:
    """Require a finite number >= 0."""
    if not (math.isfinite(value) and value >= 0):
        raise OptionError(f"{attribute.name} of {instance.kind} must be a number >= 0, not {value!r}")


def fraction(instance: Any, attribute: Any, value: float) -> None:
    """Require a number in [0, 1)."""
    if not 0 <= value < 1:
        raise OptionError(f"{attribute.name} of {instance.kind} must be in [0, 1), not {value!r}")
