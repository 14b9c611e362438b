"""A call that nothing else can end, and what ends it."""

from __future__ import annotations

from queue import SimpleQueue
from threading import Event

from synapse_rx.collectives.overdue import Overdue

LONG = 60.0
"""Seconds that nothing here takes."""


def test_a_call_that_takes_too_long_is_ended_with_the_reason() -> None:
    said: SimpleQueue[str] = SimpleQueue()
    overdue = Overdue(0.01, "it waited", said.put)

    with overdue.watched():
        assert said.get(timeout=LONG) == "it waited"
    overdue.close()


def test_what_is_not_watched_may_take_any_time() -> None:
    ended, looked = Event(), Event()
    overdue = Overdue(0.01, "it waited", lambda why: ended.set())
    other = Overdue(0.05, "it waited", lambda why: looked.set())

    with overdue.watched():
        pass
    with other.watched():
        assert looked.wait(LONG)
    overdue.close()
    other.close()

    assert not ended.is_set()
