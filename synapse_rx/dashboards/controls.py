"""Which knobs a training has, and what they can be set to."""

from __future__ import annotations

import math
from typing import Any

import attrs

from ..algorithms import Algorithm
from ..described import Described
from ..errors import SynapseError
from ..regularizers import L2, Regularizer
from ..schedules import Schedule
from ..snapshot import Training
from ..typing import Data

LIMITS = ("clip_value", "clip_norm", "max_norm", "averaging")
"""Options of an update that are a number, or None for none."""

MEASURED = ("gradient_norm", "update_ratio")
"""What can be recorded of each step, beside the errors."""

BELOW, ABOVE = 4, 2
"""Powers of ten that a logarithmic slider goes below and above what is usual."""


STEP = 0.001
"""From one value of a linear slider to the next."""


def controls(training: Training) -> list[dict[str, Data]]:
    """
    Return what can be set: each with its name, the command that sets it, its kind, value and range.

    The kinds are "number", "count" and "flag". A number has a "scale", "linear" from "low" to "high" or "log"; one that
    follows a schedule has no value but a "schedule" in words; one that is "optional" may be null.
    """
    algorithm, update = training.algorithm, training.update
    found = [
        control
        for option in attrs.fields(type(algorithm))
        if option.init and (control := _control(algorithm, option, "options")) is not None
    ]
    found += [
        {**_number(update, name, getattr(update, name), 1.0), "command": "update", "optional": True}
        for name in LIMITS
    ]
    return found + _penalty(update.regularization) + _measures(training)


def algorithms() -> list[str]:
    """Return the names of algorithms that can be taken as they are."""
    return sorted(
        member.kind
        for member in Algorithm.members()
        if all(option.default is not attrs.NOTHING for option in attrs.fields(member) if option.init)
    )


def _penalty(penalty: Regularizer | None) -> list[dict[str, Data]]:
    if penalty is None:  # the commonest is offered
        number = _number(L2(), "strength", None, L2().strength)
        return [{**number, "label": "l2 strength", "command": "regularization", "optional": True}]
    found: list[dict[str, Data]] = []
    for option in attrs.fields(type(penalty)):
        control = _control(penalty, option, "regularization") if option.init else None
        if control is not None:
            found.append({**control, "label": f"{penalty.kind} {option.alias}"})
    return found


def _measures(training: Training) -> list[dict[str, Data]]:
    return [
        {
            "name": name,
            "label": f"record {name}",
            "command": "record",
            "kind": "flag",
            "value": name in (training.recorded or ()),
        }
        for name in MEASURED
    ]


def _control(described: Described, option: Any, command: str) -> dict[str, Data] | None:
    value, usual = getattr(described, option.name), option.default
    if isinstance(value, bool):
        return {"name": option.alias, "command": command, "kind": "flag", "value": value}
    if isinstance(value, int):
        return {"name": option.alias, "command": command, "kind": "count", "value": value}
    if isinstance(value, Schedule):
        control = _number(described, option.alias, None, _usual(usual))
        return {**control, "command": command, "schedule": repr(value)}
    if isinstance(value, float):
        return {**_number(described, option.alias, value, _usual(usual) or value), "command": command}
    return None


def _usual(default: Any) -> float:
    return float(default) if isinstance(default, int | float) and default > 0 else 0.0


def _number(described: Described, name: str, value: float | None, usual: float) -> dict[str, Data]:
    """Return a slider over all that the option takes, which is found out by asking."""
    control: dict[str, Data] = {"name": name, "kind": "number", "value": _plain(value)}
    if not _takes(described, name, 2.0):  # a share
        low = 0.0 if _takes(described, name, 0.0) else STEP
        high = 1.0 if _takes(described, name, 1.0) else 1.0 - STEP
        return {**control, "scale": "linear", "low": low, "high": high, "step": STEP}
    centre = math.log10(usual or value or 1e-3)
    low, high = centre - BELOW, centre + ABOVE
    if value:
        low, high = min(low, math.log10(value) - 1), max(high, math.log10(value) + 1)
    return {**control, "scale": "log", "low": 10 ** max(low, -300.0), "high": 10 ** min(high, 300.0)}


def _takes(described: Described, name: str, value: float) -> bool:
    present = {
        option.alias: getattr(described, option.name)
        for option in attrs.fields(type(described))
        if option.init
    }
    try:
        type(described).checked(**{**present, name: value})
    except SynapseError:
        return False
    return True


def _plain(value: float | None) -> float | None:
    return value if value is None or math.isfinite(value) else None
