"""Statistics as they travel: what is new since they were told last, or all of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import FormatError
from ..typing import Data
from .histories import Histories
from .records import part_from_data, part_to_data
from .series import Series
from .stats import Event, Stats

SERIES = ("loss", "learning_rate", "seconds", "samples_per_second")
BY_KIND = ("training", "validation")


def stats_to_data(stats: Stats, told: Stats | None, arrays: dict[str, Any], path: str) -> Data:
    """
    Return statistics as plain data, if they go on from ``told`` only what is new.

    Args:
        stats: The statistics.
        told: Those that were told last.
        arrays: Where arrays are put, if all of it has to be told.
        path: What its arrays are called.
    """
    if told is None or not _goes_on(stats, told):
        return {"all": part_to_data(Stats, stats, path, arrays)}
    since = told.epochs
    return {
        "since": since,
        "steps": stats.steps,
        "events_since": len(told.events),
        "events": [[e.epoch, e.batch, e.what, e.detail] for e in stats.events[len(told.events) :]],
        "epochs": stats.epochs - since,
        **{name: _numbers(getattr(stats, name), since) for name in SERIES if stats.epochs > since},
        **{
            name: {kind: _numbers(series, since) for kind, series in getattr(stats, name).items()}
            for name in BY_KIND
            if stats.epochs > since
        },
    }


def stats_from_data(data: Any, told: Stats | None, arrays: dict[str, Any], path: str) -> Stats:
    """
    Return the statistics that `stats_to_data` made ``data`` of.

    Raises:
        FormatError: If it is not what it should be.
    """
    try:
        if "all" in data:
            return part_from_data(Stats, data["all"], path, arrays)
        if told is None or (data["since"], data["events_since"]) != (told.epochs, len(told.events)):
            raise FormatError("statistics go on from others than were told")
        return _longer(told, data)
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"statistics are damaged: {error!r}") from error


def _goes_on(stats: Stats, told: Stats) -> bool:
    """Whether ``told`` is how ``stats`` begin. No two epochs take the same time, so times tell histories apart."""
    if stats.epochs < told.epochs or stats.events[: len(told.events)] != told.events:
        return False
    if any(set(getattr(stats, name)) != set(getattr(told, name)) for name in BY_KIND if told.epochs):
        return False
    return all(
        len(getattr(stats, name)) == stats.epochs and getattr(stats, name).goes_on_from(getattr(told, name))
        for name in SERIES
    )


def _longer(told: Stats, data: Mapping[str, Any]) -> Stats:
    new = int(data["epochs"])
    events = tuple(Event(int(e), int(b), str(what), str(how)) for e, b, what, how in data["events"])
    longer: dict[str, Any] = {}
    if new:
        longer = {name: _append(getattr(told, name), data[name], new) for name in SERIES}
        longer |= {name: _append_all(getattr(told, name), told.epochs, data[name], new) for name in BY_KIND}
    rest = {name: longer.get(name, getattr(told, name)) for name in (*SERIES, *BY_KIND)}
    steps = data["steps"]
    if type(steps) is not int:
        raise FormatError(f"steps are a number, not {steps!r}")
    return Stats(epochs=told.epochs + new, steps=steps, events=told.events + events, **rest)


def _append_all(told: Histories, epochs: int, data: Mapping[str, Any], new: int) -> Histories:
    start = told if told or not data else {kind: Series([math.nan] * epochs) for kind in data}
    if set(start) != set(data):
        raise FormatError(f"there are histories of {sorted(start)}, not of {sorted(data)}")
    return Histories({kind: _append(series, data[kind], new) for kind, series in start.items()})


def _append(series: Series, values: Iterable[Any], new: int) -> Series:
    numbers = [float(value) for value in values]
    if len(numbers) != new:
        raise FormatError(f"{new} epochs have {len(numbers)} values")
    return series.extend(numbers)


def _numbers(series: Series, since: int) -> list[Any]:
    return [value if math.isfinite(value) else repr(value) for value in series.since(since)]
