"""Things worked out once for all who ask."""

from __future__ import annotations

from threading import Event, Thread

import pytest

import synapse_rx as sx
from synapse_rx.dashboards.conflated import Conflated
from tests.nets import blobs, small_net, trained


def test_the_same_parameters_are_worked_on_once() -> None:
    cell, seen = sx.atom(small_net()), list[sx.Net]()
    conflated = Conflated()

    for _ in range(3):
        conflated.newest(cell, "key", seen.append)
    conflated.newest(cell, "another", seen.append)

    assert seen == [cell.value] * 2


def test_whoever_comes_while_it_is_worked_out_gets_the_earlier_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synapse_rx.dashboards.conflated.SHARE", float("inf"))  # nothing is kept for its cost
    cell, conflated = sx.atom(small_net()), Conflated()
    begun, go_on = Event(), Event()

    def slow(net: sx.Net) -> int:
        begun.set()
        go_on.wait(60)
        return net.training.stats.epochs

    assert conflated.newest(cell, "key", lambda net: -1) == -1
    cell.swap(trained, blobs())
    other = Thread(target=conflated.newest, args=(cell, "key", slow))
    other.start()
    assert begun.wait(60)
    meanwhile = conflated.newest(cell, "key", slow)
    go_on.set()
    other.join()

    assert meanwhile == -1
    assert conflated.newest(cell, "key", slow) == 1


def test_what_fails_is_tried_again() -> None:
    cell, conflated = sx.atom(small_net()), Conflated()

    def fail(net: sx.Net) -> int:
        raise ValueError("not now")

    with pytest.raises(ValueError, match="not now"):
        conflated.newest(cell, "key", fail)

    assert conflated.newest(cell, "key", lambda net: 3) == 3
