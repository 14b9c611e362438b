"""Who is told when: all at once, the same bytes, the slow ones later and more, and the very slow ones no more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack

import pytest

import synapse_rx as sx
from synapse_rx.dashboards import readers as module
from synapse_rx.dashboards.feed import Feed
from synapse_rx.dashboards.message import Message, Several
from synapse_rx.dashboards.readers import Readers
from synapse_rx.dashboards.wires import PIECE, Direct
from tests.dashboards.form import checked
from tests.nets import small_net
from tests.subscribers.snapshots import publish

pytestmark = pytest.mark.usefixtures("hurry")


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REST", 0)


@pytest.fixture
async def feed() -> AsyncIterator[Feed]:
    with Feed(sx.atom(small_net())) as feed:
        yield feed


class Paper:
    """
    A wire on which everything stays, and which can be stuck.
    """

    def __init__(self, rest: int = 0) -> None:
        self.told: list[Message | Several] = []
        self.lives = 0
        self.ends: list[tuple[bytes | None, str]] = []
        self.waits = False
        self.rest = rest

    def tell(self, message: Message | Several) -> int:
        self.told.append(message)
        return self.rest

    def go_on(self) -> int:
        return self.rest

    def live(self) -> None:
        self.lives += 1

    def end(self, event: bytes | None, why: str) -> None:
        self.ends.append((event, why))

    def epochs(self) -> list[int]:
        said = [json.loads(text)["nets"][0] for message in self.told for text in message.texts]
        return [epoch for net in said for epoch in net["curves"]["loss"]["epochs"]]


async def turns(n: int = 20) -> None:
    for _ in range(n):
        await asyncio.sleep(0)


async def test_all_are_given_the_very_same_bytes(feed: Feed) -> None:
    readers, papers = Readers(feed), [Paper() for _ in range(100)]
    with ExitStack() as stack:
        for paper in papers:
            stack.enter_context(readers.told(paper, feed.position(None)))
        await turns()
        publish(feed.nets[0], 2)
        await turns()

    for place in (0, -1):
        assert len({id(paper.told[place].chunk) for paper in papers}) == 1
    assert papers[0].epochs() == [1, 2]


async def test_who_is_slow_gets_more_at_once_and_nobody_waits_for_it(feed: Feed) -> None:
    readers, slow, quick = Readers(feed), Paper(), Paper()
    with readers.told(slow, feed.position(None)), readers.told(quick, feed.position(None)):
        slow.waits = True
        for _ in range(3):
            publish(feed.nets[0], 1)
            await turns()
        before = len(slow.told)
        slow.waits = False
        await turns()

    assert before == 1 and len(slow.told) == 2 and len(quick.told) == 4
    assert slow.epochs() == quick.epochs() == [1, 2, 3]
    assert slow.told[-1].position == quick.told[-1].position


async def test_who_stays_slow_is_told_why_and_dropped(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0)
    readers, slow, quick = Readers(feed, most=2), Paper(), Paper()
    with readers.told(quick, feed.position(None)):
        with readers.told(slow, feed.position(None)):
            slow.waits = True
            publish(feed.nets[0], 1)
            while not slow.ends:
                await asyncio.sleep(0)
            assert readers.refusal is not None  # its connection is there still
        assert readers.refusal is None

    ((event, why),) = slow.ends
    assert event is not None and event.startswith(b"event: dropped\ndata: ") and "was not taken in" in why
    assert checked(json.loads(event.partition(b"data: ")[2]), "dropped")["why"] == why
    assert quick.ends == []


async def test_what_waits_altogether_is_bounded(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 250)
    readers, papers = Readers(feed), [Paper(rest=100) for _ in range(4)]
    with ExitStack() as stack:
        for paper in papers:
            stack.enter_context(readers.told(paper, feed.position(None)))
        await turns()

    assert [bool(paper.ends) for paper in papers] == [True, True, False, False]
    assert "too much waits" in papers[0].ends[0][1]


async def test_who_has_nothing_to_be_told_is_sent_signs_of_life(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HEARTBEAT", 0.001)
    paper = Paper()
    with Readers(feed).told(paper, feed.position(None)):
        while not paper.lives:
            await asyncio.sleep(0)

    assert len(paper.told) == 1


async def test_a_source_that_fails_sends_its_readers_home(
    feed: Feed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    paper = Paper()
    with Readers(feed).told(paper, feed.position(None)):
        monkeypatch.setattr(Feed, "message", lambda self, known: 1 / 0)
        publish(feed.nets[0], 1)
        await turns()

    assert len(paper.ends) == 1
    assert "the dashboard's stream failed" in caplog.text


async def test_of_a_long_message_a_piece_waits_for_a_reader_and_no_more() -> None:
    transport = Stuck()
    wire = Direct(transport, in_chunks=False)  # type: ignore[arg-type]
    message = Message(Feed().position(None), b"x" * (10 * PIECE))

    left = wire.tell(message)
    transport.waiting = 0
    less = wire.go_on()

    assert left - less == PIECE
    assert transport.most == PIECE
    wire.end(b"event: dropped\n\n", "")
    assert transport.aborted  # nothing can be said in the middle of something


class Stuck:
    """
    A transport that keeps what is written to it.
    """

    waiting = most = 0
    aborted = False

    def set_write_buffer_limits(self, high: int) -> None: ...

    def get_extra_info(self, name: str) -> None: ...

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes) -> None:
        self.waiting += len(data)
        self.most = max(self.most, self.waiting)

    def abort(self) -> None:
        self.aborted = True
