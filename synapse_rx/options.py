"""Checks of the options of descriptions: each names the option, what it must be and what came."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .errors import OptionError


def number(value: Any) -> Any:
    """Convert to float; what is no number stays as it is, for the validator (which knows its name) to refuse."""
    try:
        return value if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        return value


def finite(instance: Any, attribute: Any, value: Any) -> None:
    """Require a finite number."""
    _require(_is_finite(value), "a finite number", instance, attribute, value)


def positive(instance: Any, attribute: Any, value: Any) -> None:
    """Require a finite number > 0."""
    _require(_is_finite(value) and value > 0, "a number > 0", instance, attribute, value)


def non_negative(instance: Any, attribute: Any, value: Any) -> None:
    """Require a finite number >= 0."""
    _require(_is_finite(value) and value >= 0, "a number >= 0", instance, attribute, value)


def unit(instance: Any, attribute: Any, value: Any) -> None:
    """Require a number in [0, 1]."""
    _require(_is_finite(value) and 0 <= value <= 1, "a number in [0, 1]", instance, attribute, value)


def fraction(instance: Any, attribute: Any, value: Any) -> None:
    """Require a number in [0, 1)."""
    _require(_is_finite(value) and 0 <= value < 1, "a number in [0, 1)", instance, attribute, value)


def count(instance: Any, attribute: Any, value: Any) -> None:
    """Require a whole number >= 1."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    _require(whole and value >= 1, "a whole number >= 1", instance, attribute, value)


def flag(instance: Any, attribute: Any, value: Any) -> None:
    """Require True or False."""
    _require(isinstance(value, bool), "True or False", instance, attribute, value)


def one_of(*names: str) -> Callable[[Any, Any, Any], None]:
    """Return a validator that requires one of ``names``."""

    def check(instance: Any, attribute: Any, value: Any) -> None:
        _require(value in names, " or ".join(map(repr, names)), instance, attribute, value)

    return check


def _is_finite(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _require(met: bool, wanted: str, instance: Any, attribute: Any, value: Any) -> None:
    if not met:
        raise OptionError(f"{attribute.alias} of {instance.kind} must be {wanted}, not {value!r}")
