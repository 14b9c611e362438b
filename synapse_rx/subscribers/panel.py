"""Training shown as bars that move, below the cell of a notebook."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from html import escape
from typing import Any

from .notebook import Place
from .standing import Standing, time_text, together

TICK = 0.5
"""Seconds between two looks while nothing is published."""

MOST_EVENTS = 3
"""Live edits that are shown of each network, the newest."""


class Panel:
    """
    Keeps a bar and its numbers for each training up to date, and one for all of them if there are several.

    Args:
        place: Where; by default below the cell under way.
    """

    rest = 0.25
    """Seconds that lie between two calls of `show` at least."""

    def __init__(self, place: Place | None = None) -> None:
        self._place = place or Place(_content([], {}))
        self._drawn: dict[Hashable, Any] = {}
        self._events: dict[Hashable, list[str]] = {}

    def show(self, standings: Mapping[Hashable, Standing]) -> float | None:
        """Draw; return the seconds after which to look again even if nothing changes, or None."""
        for key, standing in standings.items():
            told = [f"epoch {e.epoch}, batch {e.batch}: {e.what} {e.detail}" for e in standing.events]
            self._events[key] = [*self._events.get(key, ()), *told][-MOST_EVENTS:]
        now = {key: (one.total, one.within, one.status) for key, one in standings.items()}
        if now != self._drawn:
            self._drawn = now
            self._place.show(_content(list(standings.values()), dict(enumerate(self._events.values()))))
        return TICK if any(standing.live for standing in standings.values()) else None

    def close(self) -> None:
        """Leave what is drawn as it is."""
        self._drawn = {}


def _content(rows: list[Standing], events: Mapping[int, list[str]]) -> dict[str, str]:
    """Return what is shown, as HTML and as text."""
    lines = [_row(together(rows), [])] if len(rows) > 1 else []
    lines += [_row(row, events.get(place, [])) for place, row in enumerate(rows)]
    cells = "".join(line for line in lines) or "<tr><td>no training yet</td></tr>"
    text = "\n".join(
        " ".join(filter(None, [row.name, row.count(), *row.facts(), row.status])) for row in rows
    )
    return {"text/html": f"<table>{cells}</table>", "text/plain": text or "no training yet"}


def _row(row: Standing, events: list[str]) -> str:
    share = row.share
    # A progress element without a value moves to and fro, which says as much: it goes on, and nobody knows how long.
    value = "" if share is None else f' value="{share:.4f}"'
    said = "unknown" if share is None else f"{100 * share:.0f} %"
    name = escape(row.name or "")
    left = f"{time_text(row.seconds_left)} left" if row.live and row.seconds_left is not None else ""
    facts = [row.count(), row.status, left, *row.facts(), *events]
    bar = f'<progress max="1"{value} aria-label="{name} progress">{said}</progress>'
    style = "text-align:left"
    words = " &middot; ".join(escape(fact) for fact in facts if fact)
    return (
        f'<tr><th scope="row" style="{style}">{name}</th><td>{bar}</td><td style="{style}">{words}</td></tr>'
    )
