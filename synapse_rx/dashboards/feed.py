"""What many readers are told of many networks, put into words once."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from itertools import count
from threading import Lock

from attrs import frozen

from ..atoms import Atom
from ..errors import UnknownNameError
from ..files.strict_json import dumps
from ..snapshot import Net
from ..subscribers import Subscriber
from ..subscribers.base import Track
from ..subscribers.news import shared_epochs
from ..typing import Data
from .bells import Bells
from .message import Message
from .position import Mark, Position
from .statement import SCHEMA, statement

MOST_KEPT = 100
"""Messages of one moment that are kept for readers who know the same."""


@frozen
class _Standing:
    number: int
    net: Net
    line: int
    description: int

    def mark(self) -> Mark:
        stats = self.net.training.stats
        return Mark(self.line, self.description, stats.epochs, len(stats.events))


class Feed(Subscriber):
    """
    Tells readers what is new since what they know: one who reads slowly gets more at once, and nothing waits for it.

    The training thread does no more for it than to note the newest snapshot and to ring a bell. Readers who know the
    same get the same bytes, encoded once.

    Args:
        *nets: The networks, in the order in which they are shown.
    """

    def __init__(self, *nets: object) -> None:
        self._source = secrets.token_hex(4)
        self._numbers = count(1)
        self._versions = count(1)
        self._version = 0
        self._encoded: tuple[int, dict[Position, Message]] = (-1, {})
        self._encoding = Lock()
        self._bells = Bells()
        self.closed = False
        super().__init__(*nets)  # pyright: ignore[reportArgumentType]

    @property
    def version(self) -> int:
        """Another number whenever there is something new."""
        return self._version

    def listening(self) -> AbstractContextManager[asyncio.Event]:
        """Give an event that is set, on the running loop, whenever there is something new."""
        return self._bells.listening()

    def position(self, word: str | None) -> Position:
        """Return the position that a reader gives back; the one before everything if it is none of this feed."""
        return Position.read(word, self._source)

    def message(self, known: Position) -> Message:
        """Return what is new to a reader who knows ``known``, and where every network stands."""
        version = self._version  # before the networks are looked at: what changes meanwhile makes another one
        with self._encoding:
            if self._encoded[0] != version or len(self._encoded[1]) >= MOST_KEPT:
                self._encoded = version, {}
            found = self._encoded[1].get(known)
            if found is None:
                found = self._encoded[1][known] = self.moment().message(known)
            return found

    def moment(self) -> Moment:
        """Return where all networks stand now, of which several readers can be told one after the other."""
        standings = [(track, track.memory) for track in self._tracks.values() if track.memory is not None]
        return Moment(tuple(standings))  # one without memory is being attached

    def snapshot(self, more: Callable[[Net], Mapping[str, Data]], number: int | None = None) -> bytes:
        """
        Return where the networks stand, with all curves, as the first message says it, and ``more`` of each.

        Args:
            more: What else to say of a snapshot.
            number: The only network to tell of; None for all of them.

        Raises:
            UnknownNameError: If there is no such network.
        """
        only = None if number is None else self.cell(number)
        return self.moment().message(self.position(None), more, only).data

    def standing(self) -> list[tuple[str, Net]]:
        """Return the newest snapshots and what the networks are called."""
        return [(track.name, track.memory.net) for track in self._tracks.values() if track.memory is not None]

    def cell(self, number: int) -> Atom[Net]:
        """
        Return the network with a number.

        Raises:
            UnknownNameError: If there is none.
        """
        for cell, track in self._tracks.items():
            if track.memory.number == number:
                return cell
        numbers = [str(track.memory.number) for track in self._tracks.values()]
        raise UnknownNameError.of("network", str(number), numbers)

    def name(self, cell: Atom[Net]) -> str:
        """Return what a network is called."""
        return self._track(cell).name

    def close(self) -> None:
        """Let go of all networks and send all readers home."""
        self.closed = True
        super().close()
        self._bells.ring()

    def _begun(self, track: Track, net: Net) -> None:
        track.memory = _Standing(next(self._numbers), net, 1, 1)
        self._ring()

    def _changed(self, track: Track, old: Net, new: Net) -> None:
        was: _Standing = track.memory
        line = was.line + _is_taken_back(was.net, new)
        description = was.description + _is_described_anew(was.net, new)
        track.memory = _Standing(was.number, new, line, description)
        self._ring()

    def _ended(self, track: Track) -> None:
        self._ring()

    def _ring(self) -> None:
        self._version = next(self._versions)
        self._bells.ring()


@frozen(eq=False)
class Moment:
    """
    Where all networks stood at one time.

    Attributes:
        standings: What is listened to, and where it stood.
    """

    standings: tuple[tuple[Track, _Standing], ...]

    def message(
        self,
        known: Position,
        more: Callable[[Net], Mapping[str, Data]] = lambda net: {},
        only: Atom[Net] | None = None,
    ) -> Message:
        """Return what was new then to a reader who knows ``known``; ``more`` of each network, and ``only`` of one."""
        marks = dict(known.marks)
        said: list[Data] = []
        now: list[tuple[int, Mark]] = []
        for track, standing in self.standings:
            if only not in (None, track.cell):
                continue
            mark = standing.mark()
            before = marks.get(standing.number, Mark(0, 0, 0, 0))
            told = statement(standing.net, before, mark)
            said.append({"id": standing.number, "name": track.name, **told, **more(standing.net)})
            now.append((standing.number, mark))
        position = Position(known.source, tuple(now))
        data = dumps({"schema": SCHEMA, "id": position.word(), "nets": said}).encode()
        return Message(position, data)


def _is_taken_back(old: Net, new: Net) -> bool:
    """Whether the history of ``new`` does not go on from that of ``old``."""
    was, now = old.training.stats, new.training.stats
    if was is now:
        return False
    n = len(was.events)
    return (
        shared_epochs(was, now) < was.epochs
        or len(now.events) < n
        or bool(n and now.events[n - 1] != was.events[n - 1])
    )


def _is_described_anew(old: Net, new: Net) -> bool:
    was, how = old.training, new.training
    pairs = (
        (old.arch, new.arch),
        (old.labels, new.labels),
        (was.algorithm, how.algorithm),
        (was.update, how.update),
        (was.loss, how.loss),
        (was.recorded, how.recorded),
    )
    return not all(before is after or before == after for before, after in pairs)
