"""Training shown as plain lines, for pipes and files."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping

from rich.console import Console
from rich.text import Text

from .standing import Standing, time_text

SECONDS = 0.5
"""Lines of one training are at least so far apart ..."""

SHARE = 0.01
"""... and at least this share of the time it has taken so far: days of training do not fill a disk."""


class Lines:
    """
    Writes one line an epoch, fewer where epochs are quick; the first, the last and every pause are always told.

    Args:
        console: Where to.
        clock: Tells the time in seconds.
    """

    rest = 0.02
    """Seconds that lie between two calls of `show` at least."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._written: dict[Hashable, _Written] = {}
        self._held_back: dict[Hashable, Standing] = {}

    def show(self, standings: Mapping[Hashable, Standing]) -> float | None:
        """Write what is new; return the seconds after which to look again even if nothing changes, or None."""
        waits = [self._show(key, standing) for key, standing in standings.items()]
        return min((wait for wait in waits if wait is not None), default=None)

    def close(self) -> None:
        """Write what was held back."""
        held_back, self._held_back = self._held_back, {}
        for standing in held_back.values():
            self._write(standing, _line(standing))

    def _show(self, key: Hashable, standing: Standing) -> float | None:
        now = self._clock()
        written = self._written.setdefault(key, _Written(now))
        for event in standing.events:
            self._write(standing, f"epoch {event.epoch}, batch {event.batch}: {event.what} {event.detail}")
        if (standing.total, standing.status) == (written.total, written.status):
            return None
        if standing.status == written.status == "training" and now < written.due:
            self._held_back[key] = standing
            return written.due - now
        if standing.epoch < written.epoch:  # another training of this network
            written.start = now
        written.note(standing)
        self._held_back.pop(key, None)
        if standing.epoch or standing.status != "training":
            written.due = now + max(SECONDS, SHARE * (now - written.start))
            self._write(standing, _line(standing))
        return None

    def _write(self, standing: Standing, line: str) -> None:
        name = f"{standing.name}: " if standing.name is not None else ""
        self._console.print(Text(name + line), soft_wrap=True)


class _Written:
    """What was written of a training last, and when the next line is due."""

    def __init__(self, start: float) -> None:
        self.start = self.due = start
        self.epoch = self.total = 0
        self.status = ""

    def note(self, standing: Standing) -> None:
        self.epoch, self.total, self.status = standing.epoch, standing.total, standing.status


def _line(standing: Standing) -> str:
    parts = [standing.count(), *standing.facts()]
    if standing.status != "training":
        parts.append(standing.status)
    elif standing.seconds_left is not None:
        parts.append(f"{time_text(standing.seconds_left)} left")
    return ", ".join(parts)
