"""Batches on their way to a device, with streams that fall behind in every way they may."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.backends import CupyBackend, NumpyBackend
from synapse_rx.backends import cupy as module
from synapse_rx.backends.uploads import DoubleBuffer, room_for
from synapse_rx.network.feeds.sent import SentFeed
from synapse_rx.network.feeds.shard import SentShardFeed
from synapse_rx.network.feeds.stream import StreamFeed
from synapse_rx.network.feeds.supply import Supply, feed_of
from synapse_rx.network.joint import Joint
from tests.nets import SECONDS, blobs, small_net
from tests.strict.runtime import GIB
from tests.strict.streams import LaggingCupy, LaggingStream

RNG = np.random.default_rng(4)
X, T = RNG.integers(0, 255, (9, 2, 3), dtype=np.uint8), RNG.standard_normal((9, 3))


class Learning:
    """
    A stream that computes with batches, all of which lags behind the host.
    """

    def __init__(self, **how: Any) -> None:
        self.cupy = LaggingCupy(computing_lags=True, **how)
        self.computing, sending = (self.cupy.cuda.Stream(non_blocking=one) for one in (False, True))
        self.seen: list[tuple[np.ndarray, ...]] = []
        self.most = 0
        with self.computing:
            self.uploads = DoubleBuffer(self.cupy, sending, room_for(4, [X, T]))

    def take(self, batch: Any, times: int = 1) -> None:
        """
        Take a batch and compute with it.
        """
        arrays = self.uploads.take(batch)
        for _ in range(times):
            self.computing.ask(lambda: self.seen.append(tuple(one._host.copy() for one in arrays)))
        self.most = max(self.most, len(self.computing.waiting))


@pytest.fixture(params=[*range(8), "early"])
def learning(request: pytest.FixtureRequest) -> Learning:
    return Learning(is_early=True) if request.param == "early" else Learning(seed=request.param)


def test_every_batch_is_seen_as_it_was_sent(learning: Learning) -> None:
    rows = [RNG.integers(0, 9, size) for size in (4, 1, 4, 3, 2, 4, 4)]
    with learning.computing:
        learning.uploads.send(0, [X, T], rows[0])
        for k in range(len(rows)):
            learning.take(k, 2)
            if k + 1 < len(rows):
                learning.uploads.send(k + 1, [X, T], rows[k + 1])
    learning.computing.synchronize()

    for k, (x, t) in enumerate(learning.seen):
        np.testing.assert_array_equal(x, X[rows[k // 2]])
        np.testing.assert_array_equal(t, T[rows[k // 2]])
    assert len(learning.seen) == 2 * len(rows)


def test_the_host_does_not_run_far_ahead(learning: Learning) -> None:
    with learning.computing:
        for k in range(50):
            learning.uploads.send(k, [X[:4], T[:4]])
            learning.take(k)

    assert learning.most < 20
    learning.computing.synchronize()


def test_a_batch_may_be_replaced_before_it_is_taken_and_what_is_sent_may_change(learning: Learning) -> None:
    x = X[:2].copy()
    with learning.computing:
        learning.uploads.send("old", [x])
        x[...] = X[2:4]
        learning.uploads.send("new", [x])
        x[...] = 0
        learning.take("new")
        assert not learning.uploads.holds("old") and learning.uploads.holds("new")
        learning.take("new")
    learning.computing.synchronize()

    for (seen,) in learning.seen:
        np.testing.assert_array_equal(seen, X[2:4])


@pytest.mark.parametrize("mistake", ["take", "send", "write"])
def test_the_stand_in_finds_out_who_does_not_wait(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Without one of the three waits a batch is seen that is not what was sent, for some order of the streams.
    """
    if mistake == "write":
        monkeypatch.setattr("tests.strict.streams.LaggingEvent.synchronize", lambda self: None)
    else:
        wait = LaggingStream.wait_event

        def lost(self: LaggingStream, event: Any) -> None:
            if self.non_blocking != (mistake == "send"):
                wait(self, event)

        monkeypatch.setattr(LaggingStream, "wait_event", lost)
    wrong = 0
    for seed in range(20):
        learning = Learning(seed=seed)
        with learning.computing:
            for k in range(8):
                learning.uploads.send(k, [X[k : k + 1]])
                learning.take(k)
        learning.computing.synchronize()
        wrong += any(not np.array_equal(x, X[k : k + 1]) for k, (x,) in enumerate(learning.seen))

    assert wrong


@pytest.fixture(params=["late", "early"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> CupyBackend:
    """
    A cupy backend whose copies fall behind what it computes, or do not.
    """
    made = LaggingCupy(is_early=request.param == "early")
    monkeypatch.setattr(module, "_cupy", lambda: made)
    monkeypatch.setattr(module, "_missing", lambda: None)
    monkeypatch.setattr(module, "_cannot_compute", lambda device: None)
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")
    return CupyBackend()


def batches(epoch: int) -> Iterator[Any]:
    rng = np.random.default_rng(epoch)
    for size in (4, 2, 3, 4):
        weights = (rng.integers(1, 4, size),) if size != 2 else ()
        yield rng.integers(0, 255, (size, 3)).astype(np.uint8), rng.integers(0, 2, size), *weights


DATA = {
    "in their order": blobs(shuffle=False, nvalid=7),
    "shuffled": blobs(shuffle="epoch", normalize="standardize"),
    "weighted": blobs(weights=np.arange(23) % 3, shuffle="epoch"),
    "augmented": blobs(augment=lambda x, rng: x + rng.standard_normal(x.shape).astype(x.dtype)),
    "one batch": blobs(batch=50),
    "a stream": sx.stream_set(batches, batch=4, labels=[0, 1], dtype="uint8", scale=1 / 255),
}


@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
def test_what_has_no_room_on_the_device_is_learnt_as_it_is_on_the_host(
    data: Any, backend: CupyBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SHARE", 0.0)
    net = small_net("adam", evaluation="full") if isinstance(data, sx.TrainingSet) else small_net("adam")

    found, expected = (
        sx.train(sx.atom(net), data, 2, backend=one).result(SECONDS) for one in (backend, NumpyBackend())
    )

    np.testing.assert_allclose(found.params.flat, expected.params.flat, rtol=1e-5, atol=1e-6)
    for kind, error in expected.training.stats.last_errors().items():
        np.testing.assert_allclose(found.training.stats.last_errors()[kind], error, rtol=1e-5)


def test_a_set_is_sent_only_if_there_is_no_room_for_it(backend: CupyBackend) -> None:
    def feed_of(samples: int, free: int) -> Any:
        data = blobs(samples)
        backend._device.mem_info = free, 2 * GIB
        with backend.active():
            return small_net().arch.learner(small_net(), data, backend).standing.engine.feed

    assert type(feed_of(100, 2 * 100 * 20)) is not SentFeed
    assert type(feed_of(100, 2 * 100 * 20 - 2)) is SentFeed


@pytest.mark.parametrize("rank", [0, 1])
def test_of_what_is_learnt_with_others_only_the_own_part_is_sent(rank: int, backend: CupyBackend) -> None:
    data, others = blobs(23, shuffle="epoch"), SimpleNamespace(rank=rank, size=2, on_device=False)
    joint: Any = Joint(others, backend)  # pyright: ignore[reportArgumentType]
    found: list[Any] = []
    for one, free in ((NumpyBackend(), 1), (backend, 0)):
        backend._device.mem_info = free, GIB
        with one.active():
            feed = feed_of(one, data.data, joint)(5, (3,), np.dtype("f4"), None, data.order)
            feed.begin(1)
            found.append([[one.to_host(part) for part in feed.get(k)] for k in range(feed.n_batches)])

    assert type(feed) is SentShardFeed
    for here, there in zip(*found, strict=True):
        for one, other in zip(here, there, strict=True):
            np.testing.assert_array_equal(one, other)


def test_two_batches_have_room_however_many_are_sent(
    backend: CupyBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SHARE", 0.0)
    with backend.active():
        feed = Supply(blobs(100, shuffle="epoch")).feed(small_net(), backend)
        backend.xp.noted.clear()
        for epoch in range(3):
            feed.begin(epoch)
            for index in range(feed.n_batches):
                feed.get(index)

    assert isinstance(feed, SentFeed)
    rooms = [room.host.size for room in feed._uploads._rooms]
    assert rooms == [256 + 5 * 2 * 4] * 2
    assert not [what for what, _ in backend.xp.noted if what == "pins"]


def test_bytes_are_sent_as_bytes_and_one_batch_ahead(
    backend: CupyBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    sets = LaggingStream.sets
    monkeypatch.setattr(
        LaggingStream, "sets", lambda self, *given: (sent.append(given[1].nbytes), sets(self, *given))
    )
    stream = DATA["a stream"]
    supply = Supply(stream)
    with backend.active():
        feed = supply.feed(small_net(), backend)
        feed.begin(0)
        feed._reader.seek(0, 0)
        assert feed._reader._pump._over.wait(SECONDS)  # all four are read ahead
        assert isinstance(feed, StreamFeed) and feed.ready(0)
        feed.get(0)
    supply.close()

    # Samples, targets of float32 and weights, each at a multiple of 256 but for its end; no weights in the second.
    assert sent == [2 * 256 + 4 * 4, 256 + 2 * 2 * 4]
