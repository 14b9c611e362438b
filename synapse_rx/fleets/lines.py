"""
Lines: epochs of networks as rows of numbers, those of all networks of a process in one piece.

Nearly all that a worker has to tell is that networks learnt some more epochs, with statistics of the same kinds as
before. That is told in a line: a few numbers, then each history's new values. Whatever else changed is told field by
field (`snapshot.by_field`). A message with lines begins with `MARK`, how many numbers there are, and the numbers; what
follows them, if anything, is an ordinary message.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from attrs import evolve

from ..errors import FormatError
from ..snapshot import Net, Series, Stats
from ..snapshot.by_field import ALL, LEARNT, STATS

MARK = b"line"
HEAD = struct.Struct("<4sI")
NUMBER = np.dtype("<f8")
FIRST = 8
"""Numbers in a line before the values: `Line` without them, and how many histories there are."""

_rest = attrgetter(
    *(name for name in ALL if name not in (*LEARNT, STATS, "version")), "training.stats.events"
)


class Line(NamedTuple):
    """
    Some epochs of a network.

    Attributes:
        run: Which run it is.
        seen: The last edit that it had seen.
        at: When it was published, by the clock there.
        version: The version of the snapshot.
        steps: Updates of its parameters so far.
        since: Epochs that were told before.
        epochs: Epochs that came since.
        values: Their values, history after history: loss, learning rate, seconds, samples a second, training errors
            and validation errors, these by kind in alphabetical order.
    """

    run: int
    seen: int
    at: float
    version: int
    steps: int
    since: int
    epochs: int
    values: list[float]


def add_line(numbers: list[float], run: int, seen: int, at: float, told: Net, net: Net) -> bool:
    """
    Put a network behind other lines; return False, and put nothing there, if a line does not tell all of it.

    Args:
        numbers: The lines so far.
        run: Which run it is.
        seen: The last edit that it has seen.
        at: When it was published.
        told: The snapshot that was told last.
        net: The one to tell.
    """
    old, new = told.training.stats, net.training.stats
    if not old.epochs or _rest(told) != _rest(net) or len(old.training) != len(new.training):
        return False
    before, now = _histories(old), _histories(new)
    if [name for name, _ in before] != [name for name, _ in now]:
        return False
    if not all(series.goes_on_from(start) for (_, start), (_, series) in zip(before, now, strict=True)):
        return False
    since = old.epochs
    numbers += (run, seen, at, net.version, new.steps, since, new.epochs - since, len(now))
    for _, series in now:
        numbers += series.since(since)
    return True


def continued(told: Stats, line: Line) -> Stats:
    """
    Return statistics with the epochs of a line behind them.

    Raises:
        FormatError: If it is not one that goes on from these.
    """
    n, values = line.epochs, line.values
    before = _histories(told)
    if line.since != told.epochs or len(values) != len(before) * n:
        raise FormatError("statistics go on from others than were told")
    if not n:
        return evolve(told, steps=line.steps)
    pieces = (values[at : at + n] for at in range(0, len(values), n))
    series = [start.extend(piece) for (_, start), piece in zip(before, pieces, strict=True)]
    loss, learning_rate, seconds, samples_per_second, *errors = series
    return Stats(
        epochs=told.epochs + n,
        steps=line.steps,
        loss=loss,
        training=told.training.with_series(errors[: len(told.training)]),
        validation=told.validation.with_series(errors[len(told.training) :]),
        learning_rate=learning_rate,
        seconds=seconds,
        samples_per_second=samples_per_second,
        events=told.events,
    )


def with_lines(numbers: list[float], message: bytes) -> bytes:
    """Return a message with lines in front of it; it may be empty."""
    if not numbers:
        return message
    return HEAD.pack(MARK, len(numbers)) + np.array(numbers, NUMBER).tobytes() + message


def without_lines(message: bytes) -> tuple[Iterator[Line], bytes]:
    """
    Return the lines in front of a message, and what is behind them.

    Raises:
        FormatError: If they are damaged; while they are gone through, too.
    """
    if not message.startswith(MARK):
        return iter(()), message
    try:
        _, count = HEAD.unpack_from(message)
        numbers: list[float] = np.frombuffer(message, NUMBER, count, HEAD.size).tolist()
    except (struct.error, ValueError) as error:
        raise FormatError(f"the lines of a message are damaged: {error}") from None
    return _lines(numbers), message[HEAD.size + count * NUMBER.itemsize :]


def _lines(numbers: list[float]) -> Iterator[Line]:
    start = 0
    while start < len(numbers):
        first = numbers[start : start + FIRST]
        try:
            run, seen, at, version, steps, since, epochs, histories = first
            line = Line(int(run), int(seen), at, int(version), int(steps), int(since), int(epochs), [])
            size = line.epochs * int(histories)
        except (ValueError, OverflowError) as error:
            raise FormatError(f"a line is damaged: {error}") from None
        start += FIRST
        line.values.extend(numbers[start : start + size] if size > 0 else ())
        if min(line[3:7]) < 0 or len(line.values) != size:
            raise FormatError(f"a line is damaged: {size} values, of which {len(line.values)} came")
        yield line
        start += size


def _histories(stats: Stats) -> list[tuple[str, Series]]:
    """Return everything that has a value an epoch, as it stands in a line."""
    return [
        ("loss", stats.loss),
        ("learning_rate", stats.learning_rate),
        ("seconds", stats.seconds),
        ("samples_per_second", stats.samples_per_second),
        *stats.training.in_order(),
        *stats.validation.in_order(),
    ]
