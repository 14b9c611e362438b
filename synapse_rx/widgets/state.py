"""What the live view of a network shows, as plain data."""

from __future__ import annotations

from typing import Any

from ..dashboards.controls import controls
from ..dashboards.thinning import thinned
from ..snapshot import Net, Series, Stats, Training
from ..subscribers.standing import standing, time_text
from ..typing import Data

POINTS = 200
"""Points of one curve that are shown at most: the picture has few more pixels."""

EVENTS = 20
"""Live edits that are marked in the picture, the newest."""

KNOBS = ("learning_rate", "momentum")
"""Options of algorithms that have a slider, where there are any."""


def state(net: Net, *, read_only: bool = False) -> dict[str, Data]:
    """
    Return what is shown of one network.

    Args:
        net: The snapshot.
        read_only: Whether there is nothing to steer it with.
    """
    how, stats = net.training, net.training.stats
    now = standing(net)
    return {
        "about": f"{net.arch}, {net.params.flat.size:,} parameters, {how.algorithm.kind}",
        "status": how.status,
        "live": how.status in Training.LIVE,
        "epochs": stats.epochs,
        "facts": [*now.facts(), *_time(stats)],
        "kind": now.kind or "loss",
        "curves": _curves(stats, now.kind),
        "events": [
            {"epoch": event.epoch, "text": f"{event.what} {event.detail}".rstrip()}
            for event in stats.events[-EVENTS:]
        ],
        "steered": not read_only,
        "knobs": [] if read_only else _knobs(how),
    }


def _curves(stats: Stats, kind: str | None) -> list[Data]:
    both = {"training": stats.training, "validation": stats.validation}
    found = {part: histories[kind] for part, histories in both.items() if kind and kind in histories}
    return [_curve(part, series) for part, series in (found or {"training": stats.loss}).items()]


def _curve(name: str, series: Series) -> Data:
    epochs, values = thinned(series.array, most=POINTS)
    short: list[Any] = [None if value is None else float(f"{value:.5g}") for value in values]
    return {"name": name, "epochs": [*epochs], "values": short}


def _knobs(how: Training) -> list[Data]:
    return [
        knob
        for knob in controls(how)
        if knob["name"] in KNOBS and knob["kind"] == "number" and knob["command"] == "options"
    ]


def _time(stats: Stats) -> list[str]:
    return [f"{time_text(float(stats.seconds.array.sum()))} of computing"] if stats.seconds else []
