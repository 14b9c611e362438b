"""What is new in a snapshot since another one."""

from __future__ import annotations

import pytest
from attrs import evolve

from synapse_rx.snapshot import Net, Stats, with_status
from synapse_rx.subscribers.news import News, begins, ends, new_epochs, shared_epochs
from tests.subscribers.snapshots import fresh, with_epochs, with_event, with_stats


def stats(net: Net) -> Stats:
    return net.training.stats


def other(net: Net, seconds: float) -> Net:
    """
    Add an epoch that took so long.
    """
    return with_stats(net, training={"loss": 0.1}, validation={}, seconds=seconds)


@pytest.mark.parametrize(("before", "after"), [(0, 0), (0, 1), (2, 3), (2, 9), (3, 3)])
def test_added_epochs_are_new(before: int, after: int) -> None:
    net = with_epochs(fresh().value, before)

    assert new_epochs(stats(net), stats(with_epochs(net, after - before))) == range(before, after)


def test_nothing_is_new_in_an_earlier_snapshot() -> None:
    net = with_epochs(fresh().value, 3)

    assert not new_epochs(stats(with_epochs(net, 4)), stats(net))
    assert shared_epochs(stats(with_epochs(net, 4)), stats(net)) == 3


def test_what_is_learnt_anew_after_going_back_is_new() -> None:
    start = with_epochs(fresh().value, 3)
    one, two = start, start
    for epoch in range(4):
        one, two = other(one, 1.0 + epoch), other(two, 2.0 + epoch)

    assert new_epochs(stats(one), stats(two)) == range(3, 7)


def test_another_status_or_an_event_makes_no_epoch() -> None:
    net = with_epochs(fresh().value, 3)

    assert not new_epochs(stats(net), stats(with_status(with_event(net), "paused")))


def test_epochs_that_were_not_measured_are_the_same_all_the_same() -> None:
    nan = float("nan")
    net = with_stats(fresh().value, training={"loss": nan}, validation={})

    assert new_epochs(stats(net), stats(with_epochs(net, 2))) == range(1, 3)


@pytest.mark.parametrize(
    ("old", "new", "begun", "ended"),
    [
        ("idle", "training", True, False),
        ("done", "paused", True, False),
        ("training", "paused", False, False),
        ("stopping", "stopped", False, True),
        ("training", "failed", False, True),
        ("done", "idle", False, False),
    ],
)
def test_the_status_says_when_a_training_begins_and_ends(
    old: str, new: str, begun: bool, ended: bool
) -> None:
    net = fresh().value
    pair = with_status(net, old), with_status(net, new)

    assert (begins(*pair), ends(*pair)) == (begun, ended)


def test_only_events_that_were_not_told_are_new() -> None:
    cell = fresh()
    told = with_event(cell.value, "first")
    net = with_event(with_epochs(told, 2), "second")

    news = News(cell, "net", net, stats(told), "idle")

    assert [event.what for event in news.events] == ["second"]
    assert news.epochs == range(2)
    assert not news.rewound
    assert not news.another_status


def test_going_back_is_told_as_such() -> None:
    cell = fresh()
    start = with_epochs(with_event(cell.value, "first"), 2)
    there, here = with_event(other(start, 1.0), "lost"), other(start, 2.0)

    news = News(cell, "net", here, stats(there), "idle")

    assert news.rewound
    assert news.epochs == range(2, 3)
    assert news.events == ()


def test_an_edited_history_is_not_taken_for_the_one_before() -> None:
    net = with_epochs(fresh().value, 3)
    shorter = evolve(stats(net), epochs=2, loss=type(stats(net).loss)([1.0, 2.0]))

    assert new_epochs(stats(net), shorter) == range(0, 2)
