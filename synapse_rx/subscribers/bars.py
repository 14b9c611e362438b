"""Training shown as bars that move, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterable, Mapping

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from .standing import Standing, time_text

TICK = 0.25
"""Seconds between two looks while nothing is published."""

STYLES = {"training": "cyan", "done": "green", "cancelled": "red", "failed": "red"}
"""Colours of statuses; yellow for all others."""


class Bars:
    """
    Keeps two lines for each training up to date, and leaves them standing once none goes on any more.

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
        now = {key: (standing.epoch, standing.status) for key, standing in standings.items()}
        self._rows |= {key for key, state in now.items() if self._drawn.get(key) != state}
        self._drawn = now
        rows = [standing for key, standing in standings.items() if key in self._rows]
        if not rows:
            return None
        live = self._open()
        self._tell_events(rows)
        live.update(_drawing(rows, self._console.width), refresh=True)
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
                redirect_stdout=sys.stdout.isatty(),
                redirect_stderr=sys.stderr.isatty(),
            )
            self._live.start()
        return self._live

    def _tell_events(self, rows: Iterable[Standing]) -> None:
        for row in rows:
            name = f"{row.name}: " if row.name is not None else ""
            for event in row.events:
                text = f"{name}epoch {event.epoch}, batch {event.batch}: {event.what} {event.detail}"
                self._console.print(Text(text, style="dim"))


def _drawing(rows: list[Standing], width: int) -> RenderableType:
    """Return two lines for each training: a bar, and the numbers below it."""
    name_width = max(len(row.name or "") for row in rows)
    count_width = max(len(row.count()) for row in rows)
    lines: list[RenderableType] = []
    for row in rows:
        grid = Table.grid(padding=(0, 2, 0, 0))
        cells: list[RenderableType] = [
            _bar(row, max(10, width // 3)),
            row.count().ljust(count_width),
            _status(row),
        ]
        grid.add_row(
            *([Text((row.name or "").ljust(name_width), style="bold")] if name_width else []), *cells
        )
        indent = " " * (name_width + 2 if name_width else 0)
        lines += [grid, Text(indent + "  ".join(row.facts()), style="dim", no_wrap=True, overflow="ellipsis")]
    return Group(*lines)


def _bar(row: Standing, width: int) -> ProgressBar:
    if row.epochs is None:
        return ProgressBar(total=1, completed=0 if row.live else 1, pulse=row.live, width=width)
    return ProgressBar(total=row.epochs, completed=row.epoch + row.within, width=width)


def _status(row: Standing) -> Text:
    left = "" if row.seconds_left is None or not row.live else f"  {time_text(row.seconds_left)} left"
    return Text.assemble((row.status, STYLES.get(row.status, "yellow")), left)
