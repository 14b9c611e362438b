"""A server that does not train: whoever comes back, whenever, is told every epoch once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.dashboards import relay as module
from synapse_rx.dashboards.feed import Feed
from synapse_rx.dashboards.message import Message, Several
from synapse_rx.dashboards.position import Position
from synapse_rx.dashboards.relay import Relay
from synapse_rx.dashboards.telling import Telling
from synapse_rx.snapshot import with_status
from tests.nets import small_net
from tests.subscribers.snapshots import publish


class Both:
    """
    The two ends, without anything in between.
    """

    def __init__(self, feed: Feed) -> None:
        self.asked: list[str] = []
        self.last: tuple[str, str, bytes] | None = None
        self.relay = Relay(feed.position(None).source, lambda known: self.asked.append(known.word()))
        self.telling = Telling(feed, self.pass_on)

    def pass_on(self, kind: str, *told: Any) -> None:
        getattr(self.relay, kind)(*told)  # what is "news" and "start" there
        self.last = told if kind == "news" else self.last

    def message(self, known: Position) -> Message | Several:
        found = self.relay.message(known)
        if found is None:
            self.telling.start(self.asked.pop())
            found = self.relay.message(known)
        assert found is not None
        return found


def curve(known: list[float], message: Message | Several) -> list[float]:
    """
    Return the losses a reader knows who knew ``known`` and was told ``message``.
    """
    for text in message.texts:
        (said,) = json.loads(text)["nets"]
        points = said["curves"]["loss"]
        known = [] if said["reset"] else known
        assert points["epochs"] == list(range(len(known) + 1, len(known) + len(points["epochs"]) + 1))
        known = known + points["values"]
    return known


@settings(max_examples=40, deadline=None)
@given(
    did=st.lists(
        st.sampled_from(["epochs", "edit", "back", "news", "news twice", "restart", 0, 1, 2]), max_size=30
    ),
    window=st.integers(1, 5),
)
def test_whoever_comes_back_is_told_every_epoch_once(did: list[str | int], window: int) -> None:
    net = sx.atom(small_net())
    with pytest.MonkeyPatch.context() as patch, Feed(net) as feed:
        patch.setattr(module, "MOST_KEPT", window)
        patch.setattr(module, "LONG", 100)
        both = Both(feed)
        first = net.value
        readers = [(feed.position(None), [])] * 3
        for what in [*did, "news", 0, 1, 2]:
            if what == "epochs":
                publish(net, 2)
            elif what == "edit":
                net.swap(sx.with_learning_rate, 0.5)
            elif what == "back":
                net.reset(first)
            elif what == "news":
                both.telling.news()
            elif what == "news twice":
                both.telling.news()
                if both.last is not None:
                    both.relay.news(*both.last)
            elif what == "restart":
                both = Both(feed)
            else:
                known, losses = readers[what]
                message = both.message(both.relay.position(known.word()))
                readers[what] = message.position, curve(losses, message)

    assert [losses for _, losses in readers] == [list(net.value.training.stats.loss)] * 3


def test_news_are_the_same_for_all_who_have_heard_the_last() -> None:
    net = sx.atom(small_net())
    with Feed(net) as feed:
        both = Both(feed)
        known = both.message(feed.position(None)).position
        publish(net, 1)
        both.telling.news()
        assert both.last is not None
        both.relay.news(*both.last)  # who told does not know that it has come

        assert both.message(known) is both.message(known)
        assert both.asked == []


def test_what_is_kept_does_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 3)
    net = sx.atom(small_net())
    with Feed(net) as feed:
        both = Both(feed)
        for _ in range(50):
            publish(net, 1)
            both.telling.news()
            both.message(feed.position(None))
        net.swap(lambda net: net)
        kept = both.relay

    assert len(kept._window) == 3
    assert len(kept._places) <= 4
    assert len(kept._starts) == 1


def test_a_status_that_comes_after_the_last_epoch_is_told_to_who_comes_back() -> None:
    net = sx.atom(small_net())
    with Feed(net) as feed:
        both = Both(feed)
        publish(net, 1)
        both.telling.news()
        known = both.message(feed.position(None)).position
        net.swap(with_status, "done")
        both.telling.news()

        message = both.message(known)

    assert json.loads(message.texts[-1])["nets"][0]["status"] == "done"
    assert message.position == known


@pytest.mark.parametrize(
    "word", ["", "0123abcd:1.1.1.2.0"], ids=["before anything was known", "of another training"]
)
def test_who_knows_of_something_else_is_told_from_the_beginning(word: str) -> None:
    net = sx.atom(small_net())
    with Feed(net) as feed:
        both = Both(feed)
        publish(net, 2)
        both.telling.news()

        message = both.message(Position.read(word, word[:8]))

    assert curve([], message) == list(net.value.training.stats.loss)
