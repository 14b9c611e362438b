"""A line search for the strong Wolfe conditions that asks for one evaluation at a time."""

from __future__ import annotations

import math
from typing import Any

ON, ACCEPTED, FAILED = range(3)
"""What `judge` says: try ``search["step"]`` next, the trial is accepted, or there is nothing better to be found."""


def new_search() -> dict[str, Any]:
    """Return a search that is to be started; all it knows is in this dict, as plain numbers."""
    ends = {f"{end}{what}": 0.0 for end in ("low", "high") for what in ("", "_loss", "_slope")}
    return {"step": 0.0, "loss": 0.0, "slope": 0.0, "trials": 0, "zoom": 0} | ends


def start(search: dict[str, Any], loss: float, slope: float, step: float) -> None:
    """Start at ``loss`` and a ``slope`` below 0, and try ``step`` first."""
    search |= {"step": step, "loss": loss, "slope": slope, "trials": 0, "zoom": 0}
    search |= {"low": 0.0, "low_loss": loss, "low_slope": slope}


def judge(
    search: dict[str, Any],
    loss: float,
    slope: float,
    *,
    decrease: float,
    curvature: float,
    noise: float,
    trials: int,
) -> int:
    """
    Take note of loss and slope at ``search["step"]`` (Nocedal & Wright, 2006, algorithms 3.5 and 3.6).

    The low end always has the least loss of all steps that fell enough, the high end bounds where an acceptable step
    must lie. Differences in loss below ``noise`` mean nothing: there the slope alone decides, which at the end of
    training is right to half as many digits (Hager & Zhang, 2005, section 4).

    Args:
        search: The search.
        loss: The loss at the trial; may be infinite or NaN.
        slope: The derivative along the direction there.
        decrease: The constant c1 of the sufficient decrease.
        curvature: The constant c2 of the curvature condition.
        noise: The rounding error of losses.
        trials: After how many the search has failed.
    """
    search["trials"] += 1
    step, first, downhill = search["step"], search["loss"], search["slope"]
    falls = loss <= first + decrease * step * downhill and math.isfinite(slope)
    if (falls or abs(loss - first) <= noise) and abs(slope) <= curvature * -downhill:
        return ACCEPTED
    if not (falls and loss < search["low_loss"]):
        _put(search, "high", step, loss, slope)
        search["zoom"] = 1
    elif not search["zoom"] and slope < 0:
        search["step"] = _beyond(search, step, loss, slope)
        _put(search, "low", step, loss, slope)
        return FAILED if search["trials"] >= trials else ON
    else:
        if not search["zoom"] or slope * (search["high"] - search["low"]) >= 0:
            _put(search, "high", search["low"], search["low_loss"], search["low_slope"])
        _put(search, "low", step, loss, slope)
        search["zoom"] = 1
    if search["trials"] >= trials or abs(search["high"] - search["low"]) * -downhill <= noise:
        return FAILED
    search["step"] = _between(search)
    return ON


def _put(search: dict[str, Any], end: str, step: float, loss: float, slope: float) -> None:
    search |= {end: step, f"{end}_loss": loss, f"{end}_slope": slope}


def _beyond(search: dict[str, Any], step: float, loss: float, slope: float) -> float:
    """Return a step further on: 2 to 10 times as far from the low end."""
    low = search["low"]
    best = _minimum(low, search["low_loss"], search["low_slope"], step, loss, slope)
    return low + (step - low) * (10.0 if best is None else min(max((best - low) / (step - low), 2.0), 10.0))


def _between(search: dict[str, Any]) -> float:
    """Return a step between the ends, by cubic interpolation, at least a tenth away from each."""
    low, high = search["low"], search["high"]
    best = _minimum(
        low, search["low_loss"], search["low_slope"], high, search["high_loss"], search["high_slope"]
    )
    way = 0.5 if best is None else (best - low) / (high - low)
    return low + (high - low) * min(max(way, 0.1), 0.9)


def _minimum(a: float, fa: float, ga: float, b: float, fb: float, gb: float) -> float | None:
    """Return where the cubic through two points with two slopes has its minimum (equation 3.59), if it has one."""
    try:
        middle = ga + gb - 3 * (fa - fb) / (a - b)
        root = math.copysign(math.sqrt(middle * middle - ga * gb), b - a)
        best = b - (b - a) * (gb + root - middle) / (gb - ga + 2 * root)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return best if math.isfinite(best) else None
