"""Subscribers that work on a thread of their own: complete, and in nobody's way."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError
from synapse_rx.subscribers import worker as module
from tests.nets import blobs, small_net
from tests.subscribers.snapshots import begin, fresh, publish, with_event


class Noting(sx.Follower):
    """Notes what it is told; may be stopped on the way."""

    def __init__(self, *nets: Any, first: Callable[[], object] = lambda: None, **options: Any) -> None:
        self.told: list[sx.News] = []
        self.first = first
        self.released = 0
        super().__init__(*nets, **options)

    def _tell(self, news: sx.News) -> None:
        first, self.first = self.first, lambda: None
        first()
        self.told.append(news)

    def _release(self) -> None:
        self.released += 1

    def epochs(self) -> list[int]:
        return [epoch for news in self.told for epoch in news.epochs]


class Stuck:
    """Something that hangs until it is let go."""

    def __init__(self) -> None:
        self.reached, self.free = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.reached.set()
        assert self.free.wait(60)


def test_every_epoch_is_told_once_however_few_calls_it_takes() -> None:
    stuck = Stuck()
    net = fresh()
    noting = Noting(net, first=stuck)
    assert stuck.reached.wait(100)
    begin(net)
    publish(net, 50, "done")
    stuck.free.set()
    noting.close()

    assert noting.epochs() == list(range(50))
    assert len(noting.told) == 2
    assert noting.dropped == 50
    assert noting.told[-1].another_status


def test_the_past_of_a_network_is_told_too() -> None:
    net = fresh()
    publish(net, 5, "done")
    noting = Noting(net)
    noting.flush()

    assert noting.epochs() == list(range(5))


def test_the_past_is_left_out_where_it_is_not_wanted() -> None:
    class Forgetful(Noting):
        tells_past = False

    net = fresh()
    publish(net, 5)
    noting = Forgetful(net)
    publish(net, 2, "done")
    noting.close()

    assert noting.epochs() == [5, 6]


def test_what_it_failed_to_tell_is_told_the_next_time(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise OSError("the disk is full")

    net = fresh()
    publish(net, 3)
    with caplog.at_level(logging.ERROR, "synapse_rx"):
        noting = Noting(net, first=fail)
        assert noting.flush()
        publish(net, 2, "done")
        noting.close()

    assert noting.epochs() == list(range(5))
    assert str(noting.error) == "the disk is full"
    assert [record.message for record in caplog.records] == [
        "Noting failed; training goes on, and it is tried again with the next news"
    ]


def test_one_that_always_fails_harms_nothing_and_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Noting):
        def _tell(self, news: sx.News) -> None:
            raise RuntimeError("I am broken")

    net = sx.atom(small_net())
    with caplog.at_level(logging.ERROR, "synapse_rx"), Broken(net) as broken, Noting(net) as sound:
        run = sx.train(net, blobs(), 30)
        snapshot = sx.deref(run)

    assert snapshot.training.stats.epochs == 30
    assert run.watch_errors == []
    assert str(broken.error) == "I am broken"
    assert sound.epochs() == list(range(30))
    assert len(caplog.records) == 1


def test_one_that_hangs_holds_up_no_training_and_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "END_SECONDS", 0.05)
    stuck = Stuck()
    net = sx.atom(small_net())

    with caplog.at_level(logging.ERROR, "synapse_rx"):
        with Noting(net, first=stuck) as noting:
            assert stuck.reached.wait(100)
            snapshot = sx.deref(sx.train(net, blobs(), 200), timeout=60)
            assert not stuck.free.is_set()  # the training was over while it hung
        assert noting.told == []

    assert snapshot.training.stats.epochs == 200
    assert noting.nets == ()
    assert noting.released == 0  # what hangs keeps what it holds
    assert [record.message for record in caplog.records] == [
        "Noting has not finished in time and is left behind (1 wait)"
    ]
    stuck.free.set()
    assert noting.flush(100)


def test_one_network_does_not_take_the_place_of_another() -> None:
    stuck = Stuck()
    nets = [fresh("a"), fresh("b")]
    noting = Noting(first=stuck).attach(nets)
    assert stuck.reached.wait(100)
    for net in nets:
        begin(net)
        publish(net, 3, "done")
    stuck.free.set()
    noting.close()

    assert {news.name: news.net.training.stats.epochs for news in noting.told} == {"a": 3, "b": 3}


def test_events_are_told_once() -> None:
    net = fresh()
    noting = Noting(net)
    for what in ("one", "two"):
        net.swap(with_event, what)
        publish(net, 1)
    noting.close()

    assert [event.what for news in noting.told for event in news.events] == ["one", "two"]


def test_it_can_let_go_of_one_network_and_keep_another() -> None:
    one, other = fresh(), fresh()
    noting = Noting(one, other)
    noting.detach(one)
    publish(one, 3)
    publish(other, 2)
    noting.close()

    assert {news.name: news.net.training.stats.epochs for news in noting.told} == {"net 1": 0, "net 2": 2}
    assert noting.released == 1


def test_it_lets_go_of_a_network_while_it_is_told_of_it() -> None:
    class Leaving(Noting):
        def _tell(self, news: sx.News) -> None:
            super()._tell(news)
            self.detach(news.cell)

    net = fresh()
    noting = Leaving(net)
    assert noting.flush()
    publish(net, 3)

    assert noting.nets == ()
    assert noting.flush()
    assert len(noting.told) == 1


def test_a_slow_one_leaves_out_what_is_old_but_not_what_is_new() -> None:
    net = sx.atom(small_net())
    with Noting(net, rest=60) as noting:
        sx.deref(sx.train(net, blobs(), 300))

    assert noting.epochs() == list(range(300))
    assert len(noting.told) < 5
    assert noting.told[-1].net is net.value


@pytest.mark.parametrize("share", [0, -1, 2, "all", True])
def test_a_share_of_a_processor_is_a_number(share: Any) -> None:
    with pytest.raises(OptionError, match=r"share must be a number in \(0, 1\]"):
        Noting(share=share)
