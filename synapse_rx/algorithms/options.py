"""Checks of hyper-parameters: each names the option, what it must be and what came."""

from __future__ import annotations

from typing import Any

from ..activations.options import flag as flag
from ..activations.options import non_negative as non_negative
from ..activations.options import number as number
from ..errors import OptionError


def fraction(instance: Any, attribute: Any, value: Any) -> None:
    """Require a number in [0, 1)."""
    if not (isinstance(value, float) and 0 <= value < 1):
        raise OptionError(f"{attribute.alias} of {instance.kind} must be a number in [0, 1), not {value!r}")
