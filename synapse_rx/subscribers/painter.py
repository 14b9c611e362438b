"""A thread that shows what is newest, so that nobody who publishes ever waits for a display."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from threading import Event, Thread
from time import thread_time
from typing import Protocol

from .standing import Standing

END_SECONDS = 2.0
"""How long the end of a display may keep its program waiting, such as when nobody reads its pipe."""

SHARE = 0.015
"""Of a processor, that drawing may take."""

log = logging.getLogger("synapse_rx")


class View(Protocol):
    """What draws standings; only ever called from the painter's thread."""

    rest: float
    """Seconds that lie between two calls of `show` at least."""

    def show(self, standings: Mapping[Hashable, Standing]) -> float | None:
        """Draw; return the seconds after which to look again even if nothing changes, or None."""
        ...

    def close(self) -> None:
        """Put everything away."""
        ...


class Painter:
    """
    Shows on a thread of its own what ``look`` returns: at once when woken, but not more often than the view wants.

    What the view raises is logged once and ends the showing, and nothing else.

    Args:
        look: Returns where the trainings stand now.
        view: Draws it.
    """

    def __init__(self, look: Callable[[], Mapping[Hashable, Standing]], view: View) -> None:
        self._look = look
        self._view = view
        self._news = Event()
        self._ended = Event()
        self._thread = Thread(target=self._work, name="synapse-rx-progress", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Say that there is something new. Never waits."""
        self._news.set()

    def end(self) -> None:
        """Show what is newest a last time and end."""
        self._ended.set()
        self._news.set()
        self._thread.join(END_SECONDS)

    def _work(self) -> None:
        try:
            self._show_all()
        except (Exception, SystemExit) as error:  # rich raises the second where nobody reads any more
            log.error("the progress display failed and is off; training goes on", exc_info=error)
        finally:
            with suppress(Exception):
                self._view.close()

    def _show_all(self) -> None:
        again: float | None = None
        rest = self._view.rest
        while not self._ended.wait(rest):
            self._news.wait(again)
            self._news.clear()
            spent = -thread_time()
            again = self._view.show(self._look())
            rest = max(self._view.rest, (spent + thread_time()) / SHARE)
        self._view.show(self._look())
