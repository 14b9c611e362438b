"""Handing things over: bounded, in order, and whoever waits is called once."""

from __future__ import annotations

import threading
from typing import Any

from synapse_rx.data.hopper import Hopper


def calls() -> tuple[list[int], Any]:
    made: list[int] = []
    return made, lambda: made.append(1)


def test_things_come_out_in_the_order_they_went_in() -> None:
    hopper: Hopper[int] = Hopper(3)

    assert [hopper.put(n) for n in range(3)] == [True] * 3
    assert [hopper.take() for _ in range(4)] == [0, 1, 2, None]


def test_a_full_one_takes_nothing_but_a_last_thing() -> None:
    hopper: Hopper[int] = Hopper(1)
    hopper.put(1)

    assert not hopper.put(2)
    assert hopper.put(3, last=True)
    assert [hopper.take(), hopper.take()] == [1, 3]


def test_whoever_waits_for_a_thing_is_called_once() -> None:
    hopper: Hopper[int] = Hopper(2)
    made, call = calls()

    hopper.when_ready(call)
    assert not made
    hopper.put(1)
    hopper.put(2)

    assert made == [1]


def test_whoever_waits_for_room_is_called_once() -> None:
    hopper: Hopper[int] = Hopper(1)
    hopper.put(1)
    made, call = calls()

    hopper.when_room(call)
    assert not made
    hopper.take()
    hopper.take()

    assert made == [1]


def test_whoever_need_not_wait_is_called_at_once() -> None:
    hopper: Hopper[int] = Hopper(1)
    room, call_room = calls()
    ready, call_ready = calls()

    hopper.when_room(call_room)
    hopper.put(1)
    hopper.when_ready(call_ready)

    assert room == ready == [1]


def test_closing_drops_everything_and_calls_everybody() -> None:
    hopper: Hopper[int] = Hopper(1)
    room, call_room = calls()
    hopper.put(1)
    hopper.when_room(call_room)

    hopper.close()

    assert room == [1]
    assert hopper.closed
    assert hopper.take() is None
    assert not hopper.put(2) and not hopper.put(3, last=True)
    late, call_late = calls()
    hopper.when_ready(call_late)
    hopper.when_room(call_late)
    assert late == [1, 1]


def test_nothing_is_lost_between_two_threads_that_never_look_without_being_called() -> None:
    hopper: Hopper[int] = Hopper(2)
    got: list[int] = []

    def produce() -> None:
        for number in range(2000):
            room = threading.Event()
            hopper.when_room(room.set)
            assert room.wait(60)
            assert hopper.put(number)

    thread = threading.Thread(target=produce)
    thread.start()
    while len(got) < 2000:
        ready = threading.Event()
        hopper.when_ready(ready.set)
        assert ready.wait(60)
        thing = hopper.take()
        assert thing is not None
        got.append(thing)
    thread.join()

    assert got == list(range(2000))
