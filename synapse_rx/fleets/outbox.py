"""What a worker has to tell of its networks: the newest of each, in batches, not too often."""

from __future__ import annotations

from math import inf
from threading import Condition, get_ident
from time import monotonic, thread_time, time

import numpy as np

from ..atoms import Atom
from ..errors import SynapseError
from ..snapshot import Net
from ..snapshot.by_field import LEARNT, changed, fields_to_data, learnt
from ..typing import Data
from .faults import fault_to_data
from .lines import add_line, with_lines
from .messages import pack

BEAT = 0.01
"""Seconds between two batches at least, so that networks that publish at about the same time share one."""
REMEMBERED = 0.95
"""Of what batches took, from one to the next."""
SAVING = 0.005
"""Of the time, that checkpoints may take; where they need more, there are fewer."""


class Told:
    """
    A network in training here, and what was told of it.

    Attributes:
        number: Which run it is.
        cell: Its cell.
        snapshots: Whether parameters are told with everything that is published.
        seen: The last edit that is in the cell.
        over: Whether it ended.
        error: What ended it, if anything did.
    """

    def __init__(self, number: int, cell: Atom[Net], net: Net, snapshots: bool, seen: int) -> None:
        self.number = number
        self.cell = cell
        self.snapshots = snapshots
        self.seen = seen
        self.over = False
        self.error: BaseException | None = None
        self.wanted = False
        self.noted = 0.0
        self.next = 0.0
        self.checkpoint = 0.0
        self.told = net
        self.saved = net


class Outbox:
    """
    Keeps of each network that something is to be told, and makes batches of it.

    Args:
        rate: How often a second each network is told of at most.
        checkpoint_seconds: Seconds between two snapshots of a network at least.
        share: Of this process's time, how much telling may take; where it would take more, each network is told of
            more rarely.
    """

    def __init__(self, rate: float, checkpoint_seconds: float, share: float) -> None:
        self._pause = 1 / rate
        self._checkpoint = checkpoint_seconds
        self._share = share
        self._change = Condition()
        self._waiting: dict[int, Told] = {}  # something is to be told
        self._unsaved: dict[int, Told] = {}  # told, but not its parameters
        self._live = 0  # networks in training
        # Seconds of the processor that the last batches took, and of how many networks they told.
        self._batches = 0.0, 1.0
        self._last = 0.0  # when the last batch was made
        self._wakes = 0.0  # when the next one is to be made; 0 while one is
        self._save_after = 0.0
        self._look = inf  # when to look for one whose parameters are to be told though nothing else is
        self._teller: int | None = None  # the thread that made the last batch
        self._spent = 0.0  # seconds of the processor that it had spent then

    def enter(self, told: Told) -> None:
        """Take in a network, whose parameters are known at the other end."""
        told.checkpoint = monotonic() + self._checkpoint
        with self._change:
            self._live += 1

    def note(self, told: Told) -> None:
        """Note that a network has something to tell. Never blocks for long."""
        with self._change:
            told.noted = time()
            if told.number not in self._waiting:
                self._waiting[told.number] = told
                self._wake(told.next)

    def hurry(self, told: Told) -> None:
        """Have a network told at once."""
        with self._change:
            told.next = 0.0
            self._waiting[told.number] = told
            self._wake(told.next)

    def take(self, seconds: float) -> bytes:
        """Wait for something to tell, at most so many seconds, and return it as a message."""
        end = monotonic() + seconds
        with self._change:
            while not (due := self._due(now := monotonic())) and now < end:
                # Before a batch may be made, nothing wakes it.
                self._wakes = min(end, self._last + BEAT if now < self._last + BEAT else self._next(now))
                self._change.wait(self._wakes - now)
            self._wakes = 0.0
            for told in due:
                self._waiting.pop(told.number, None)
                self._unsaved.pop(told.number, None)
            self._last = monotonic()
        return self._message(due)

    def _wake(self, when: float) -> None:
        """Have a batch made as soon as there may be one, if otherwise it were later."""
        if max(when, self._last + BEAT) < self._wakes:
            self._wakes = 0.0  # one that wakes does for all that come till then
            self._change.notify()

    def _due(self, now: float) -> list[Told]:
        if now < self._last + BEAT:
            return []
        due = [told for told in self._waiting.values() if told.next <= now]
        if now >= self._look:
            late = [
                t for t in self._unsaved.values() if t.checkpoint <= now and t.number not in self._waiting
            ]
            due += late[:1]  # one at a time, so that others need not wait behind all of them
            later = [told.checkpoint for told in self._unsaved.values() if told.checkpoint > now]
            self._look = now if late else max(self._save_after, min(later, default=inf))
        return due

    def _next(self, now: float) -> float:
        times = [told.next for told in self._waiting.values()]
        return max(now + 0.0005, min([*times, self._look]))

    def _message(self, due: list[Told]) -> bytes:
        arrays: dict[str, np.ndarray] = {}
        numbers: list[float] = []
        start, begun = thread_time(), monotonic()
        events = [event for told in due if (event := self._event(told, numbers, arrays)) is not None]
        message = with_lines(numbers, pack({"events": events}, arrays) if events or not numbers else b"")
        if self._teller == get_ident():  # what it took to carry and to wait counts as well
            start = self._spent
        self._teller, self._spent = get_ident(), thread_time()
        if arrays:
            self._save_after = monotonic() + (monotonic() - begun) / SAVING
            self._look = max(self._look, self._save_after)
        elif due:
            self._batches = (
                REMEMBERED * self._batches[0] + self._spent - start,
                REMEMBERED * self._batches[1] + len(due),
            )
        return message

    def _event(self, told: Told, numbers: list[float], arrays: dict[str, np.ndarray]) -> Data:
        """Return what is to be told of a network; None if it was told in a line."""
        now = monotonic()
        seen = told.seen  # before the snapshot is looked at, which has that edit then
        over, wanted = told.over, told.wanted
        with self._change:
            noted, told.noted, told.wanted = told.noted, 0.0, False
        net = told.cell.value
        whole = over or wanted or told.snapshots
        whole = whole or (now >= max(told.checkpoint, self._save_after))
        seconds, networks = self._batches
        told.next = now + max(self._pause, seconds / networks * self._live / self._share)
        if not whole and add_line(numbers, told.number, seen, noted, told.told, net):
            self._told(told, net)
            return None
        names = [name for name in changed(told.told, net) if name not in LEARNT]
        if whole:
            names += learnt(told.saved, net)
        event: dict[str, Data] = {
            "run": told.number,
            "seen": seen,
            "at": noted,
            "whole": whole,
            "asked": wanted,
        }
        try:
            prefix = f"{told.number}/"
            event["fields"] = fields_to_data(net, names, arrays, prefix, told.told.training.stats)
        except SynapseError as error:  # something was put into the cell here that cannot be told
            event |= {"fields": {}, "end": fault_to_data(error)}
            return event
        self._told(told, net)
        if whole:
            told.saved, told.checkpoint = net, now + self._checkpoint
            with self._change:
                self._unsaved.pop(told.number, None)
        if over:
            event["end"] = None if told.error is None else fault_to_data(told.error)
            with self._change:
                self._live -= 1
        return event

    def _told(self, told: Told, net: Net) -> None:
        told.told = net
        if told.number not in self._unsaved and learnt(told.saved, net):
            with self._change:
                self._unsaved[told.number] = told
                self._look = min(self._look, max(told.checkpoint, self._save_after))
