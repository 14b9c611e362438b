"""Training shown as bars that move, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterable, Mapping
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from .standing import Standing, time_text, together

TICK = 0.25
"""Seconds between two looks while nothing is published."""

STYLES = {"training": "cyan", "done": "green", "cancelled": "red", "failed": "red"}
"""Colours of statuses; yellow for all others."""

STATUS, SHORTEST = 32, 8
"""Columns kept for status and time, and those that a bar must have left to be worth drawing."""


class Bars:
    """
    Keeps two lines for each training up to date, above them two for all together if there are several, and leaves them
    standing once none goes on any more.

    Args:
        console: A terminal.
    """

    rest = 0.1
    """Seconds that lie between two calls of `show` at least."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._drawn: dict[Hashable, tuple[int, str]] = {}
        self._rows: set[Hashable] = set()

    def show(self, standings: Mapping[Hashable, Standing]) -> float | None:
        """Draw; return the seconds after which to look again even if nothing changes, or None."""
        now = {key: (standing.total, standing.status) for key, standing in standings.items()}
        self._rows |= {key for key, state in now.items() if self._drawn.get(key) != state}
        self._drawn = now
        rows = [standing for key, standing in standings.items() if key in self._rows]
        if not rows:
            return None
        live = self._open()
        self._tell_events(rows)
        live.update(_drawing([together(rows), *rows] if len(rows) > 1 else rows, self._console), refresh=True)
        if any(standing.live for standing in rows):
            return TICK
        self.close()
        return None

    def close(self) -> None:
        """Leave what is drawn as it is, and the cursor below it."""
        self._rows.clear()
        if self._live is not None:
            live, self._live = self._live, None
            live.stop()

    def _open(self) -> Live:
        if self._live is None:
            # What is printed on the terminal meanwhile is put above the bars; pipes and files are left alone.
            self._live = Live(
                console=self._console,
                auto_refresh=False,
                redirect_stdout=_is_terminal(sys.stdout),
                redirect_stderr=_is_terminal(sys.stderr),
            )
            self._live.start()
        return self._live

    def _tell_events(self, rows: Iterable[Standing]) -> None:
        for row in rows:
            name = f"{row.name}: " if row.name is not None else ""
            for event in row.events:
                text = f"{name}epoch {event.epoch}, batch {event.batch}: {event.what} {event.detail}"
                self._console.print(Text(text, style="dim"))


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _drawing(rows: list[Standing], console: Console) -> Text:
    """Return two lines for each training: a bar, and the numbers below it; cut off where the terminal ends."""
    names = max(len(row.name or "") for row in rows)
    counts = max(len(row.count()) for row in rows)
    bar = min(console.width // 3, console.width - names - counts - STATUS)
    mark = "━" if console.encoding.startswith("utf") else "-"
    text = Text(no_wrap=True, overflow="ellipsis")
    for row in rows:
        name = (row.name or "").ljust(names + 2) if names else ""
        text.append("\n" if text else "").append(name, "bold")
        if bar >= SHORTEST:
            text.append_text(_bar(row, bar, mark)).append("  ")
        text.append(row.count().ljust(counts + 2)).append(row.status, STYLES.get(row.status, "yellow"))
        if row.live and row.seconds_left is not None:
            text.append(f"  {time_text(row.seconds_left)} left")
        text.append("\n" + " " * len(name)).append("  ".join(row.facts()), "dim")
    return text


def _bar(row: Standing, width: int, mark: str) -> Text:
    full = round((row.share or 0.0) * width)
    return Text.assemble(
        (mark * full, STYLES.get(row.status, "yellow")), (mark * (width - full), "bright_black")
    )
