"""What goes to and fro between a cell here and a training elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any

import numpy as np

from ..atoms import Atom
from ..errors import SynapseError
from ..snapshot import Event, Net, Training, with_events
from ..snapshot.by_field import ALL, LEARNT, STATS, TOLD, assembled, changed, fields_from_data, get, replaced
from ..snapshot.progress import with_progress
from ..trainer.telling import Telling
from .faults import fault_from_data
from .lines import Line, continued

PROGRESS = {STATS, "version"}
"""The fields that a line tells."""

EditTo = Callable[[Net, list[str], int], None]
"""Sends some fields of a snapshot, as the edit of a number."""


class News:
    """
    What was heard and is not in the cell yet: the newest of each field.

    Attributes:
        values: The fields.
        seen: The last edit that the worker had seen.
        base: A snapshot whose parts all belong together, if there was one.
        asked: Whether it is one that was asked for.
        status: The status of the training there.
        at: When it was published there, by the clock there; 0 if nothing was.
        ended: Whether the training is over there.
        error: What ended it; None if nothing did.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.seen = 0
        self.base: Net | None = None
        self.asked = False
        self.status = "stopped"
        self.at = 0.0
        self.ended = False
        self.error: BaseException | None = None


class Exchange:
    """
    Merges what is told into a cell, and gives away what others swap into it.

    A field with an edit that the worker has not seen is not overwritten: whatever it told of that field is older, and
    it tells it again.

    Args:
        number: Which run it is.
        cell: The cell.
        telling: How the cell is changed.
        edit: Sends what others swapped into the cell.

    Attributes:
        lock: Held while what both sides know is compared; no code of users runs under it.
        base: The newest snapshot whose parts belong together: where to go on from.
        last: What this put into the cell last.
        seen: The number of the last edit.
    """

    def __init__(self, number: int, cell: Atom[Net], telling: Telling, edit: EditTo) -> None:
        self.lock = RLock()
        self.base = self.last = cell.value
        self.seen = 0
        self._prefix = f"{number}/"
        self._cell = cell
        self._telling = telling
        self._edit = edit
        self._noted = cell.value  # the newest version of the cell that this was told of
        self._own: dict[int, Net] = {}  # what this put into the cell and was not told of yet
        self._pending: dict[
            str, int
        ] = {}  # fields with edits that the worker has not seen, by the edit's number
        self._news: News | None = None
        self._lines: list[Line] = []  # heard, and not looked at yet
        self._there: dict[str, Any] = {}  # the fields as the worker told them last

    def begin(self) -> None:
        """Listen to the cell."""
        self.base = self.last = self._noted = self._cell.value
        self._cell.add_watch(self, self._changed)

    def end(self) -> None:
        """Listen no more."""
        self._cell.remove_watch(self)
        self._own.clear()

    def compose(self) -> Net:
        """Return what a worker is to go on with: the base, trained as the cell says. All edits are in it."""
        with self.lock:
            how = self._cell.value
            own = {name: get(how, name) for name in ALL if name not in (*LEARNT, *TOLD)}
            try:
                net = replaced(self.base, own)
            except SynapseError:  # an edit of the architecture that this was not told of yet, and will send
                net = self.base
            self._there = {name: get(net, name) for name in ALL}
            self._pending.clear()
            self._lines.clear()
            self._news = None
            return net

    def hear(self, event: Mapping[str, Any], arrays: dict[str, np.ndarray], worker: str) -> None:
        """
        Take in what the worker says.

        Raises:
            SynapseError: If it is nothing that can be taken in; so are a KeyError and a TypeError.
        """
        with self.lock:
            self._go_on()
            there = self._there
            values = fields_from_data(event["fields"], arrays, there["arch"], self._prefix, there[STATS])
            there |= values
            self._news = news = self._news or News()
            news.values |= values
            news.seen = int(event["seen"])
            news.at = float(event["at"]) or news.at
            news.status = there["training.status"]  # which may have been told before its end was
            if event["whole"]:
                news.base = assembled(there)
            news.asked |= bool(event["asked"])
            if "end" in event:
                news.ended = True
                news.error = None if event["end"] is None else fault_from_data(event["end"], worker)

    def hear_line(self, line: Line) -> None:
        """Take in epochs that the worker told in a line; what they say is found out by `take`."""
        with self.lock:
            self._lines.append(line)

    def fault(self, error: BaseException) -> None:
        """Note that it is over, because of an error."""
        with self.lock:
            self._news = news = self._news or News()
            news.ended, news.error = True, error

    def take(self) -> News | None:
        """
        Return what is to be merged, once.

        Raises:
            FormatError: If a line goes on from others than were told.
        """
        with self.lock:
            self._go_on()
            news, self._news = self._news, None
            if news is None:
                return None
            if self._pending:
                self._pending = {name: n for name, n in self._pending.items() if n > news.seen}
            if news.base is not None and not self._pending.keys() & set(LEARNT):
                self.base = news.base
            return news

    def _go_on(self) -> None:
        """Find out what the lines say that were heard; whoever calls this holds the lock."""
        lines, self._lines = self._lines, []
        if not lines:
            return
        there, stats, news = self._there, self._there[STATS], self._news or News()
        for line in lines:
            stats = continued(stats, line)
        there[STATS] = news.values[STATS] = stats
        newest = lines[-1]
        there["version"] = news.values["version"] = newest.version
        news.seen, news.at = newest.seen, newest.at or news.at
        self._news = news

    def forget(self) -> bool:
        """Forget what was heard of a worker that is lost, unless it was the end; return whether it is forgotten."""
        with self.lock:
            if self._news is not None and self._news.ended:
                return False
            self._lines.clear()
            self.take()
            return True

    def merge(self, news: News, *, with_status: bool) -> None:
        """Put what was heard into the cell."""

        def merged(net: Net) -> Net:
            if net is self._noted and not self._pending and news.values.keys() == PROGRESS:
                return with_progress(net, news.values[STATS], news.values["version"])
            edited = self._pending.keys() | (set(changed(self._noted, net)) if net is not self._noted else ())
            values = {name: value for name, value in news.values.items() if name not in edited}
            # Its end comes with its outcome.
            if not with_status or values.get("training.status") not in (*Training.LIVE, None):
                values.pop("training.status", None)
            return replaced(net, values)

        self.put(merged)

    def rewind(self, event: Event) -> None:
        """Have the cell go back to the base, with one more event in its history."""
        with self.lock:
            self.base = base = with_events(self.base, [event])
        names = [*LEARNT, STATS, "version"]
        self.put(lambda net: replaced(net, {name: get(base, name) for name in names}))

    def put(self, f: Callable[[Net], Net]) -> None:
        """Change the cell; what this changes is not given away."""
        while (new := f(net := self._cell.value)) is not net:
            with self.lock:
                self._own[id(new)] = new
            if self._telling.put(net, new):
                break
            with self.lock:
                self._own.pop(id(new), None)
        self.last = new

    def _changed(self, key: Any, cell: Any, old: Net, new: Net) -> None:
        with self.lock:
            self._noted = new
            if self._own.pop(id(new), None) is not None:
                return
            names = changed(old, new)
            if any(name in LEARNT for name in names):
                self.base = new
            if not names:
                return
            self.seen += 1
            self._pending |= dict.fromkeys(names, self.seen)
            self._edit(new, names, self.seen)
