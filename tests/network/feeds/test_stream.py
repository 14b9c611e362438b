"""Batches of a stream as an engine sees them: one at a time, their errors in a window that goes round."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.backends import NumpyBackend
from synapse_rx.errors import ShapeError
from synapse_rx.network.feeds import stream as module
from synapse_rx.network.feeds.supply import Supply
from tests.nets import small_net

SIZES = [4, 2, 3, 4, 1, 4, 4]


def source(epoch: int) -> Iterator[Any]:
    rng = np.random.default_rng(epoch)
    for size in SIZES:
        yield rng.standard_normal((size, 3)), rng.integers(0, 2, size), rng.integers(1, 4, size)


def opened(data: sx.StreamSet, dtype: str = "float32") -> tuple[Supply, Any]:
    supply = Supply(data)
    feed = supply.feed(small_net(dtype=dtype), NumpyBackend())
    feed.begin(0)
    return supply, feed


def wait(feed: Any, index: int) -> bool:
    """
    Wait till batch ``index`` is there, or the epoch is over; return which.
    """
    while not feed.ready(index) and not feed.ended(index):
        ready = threading.Event()
        feed.when_ready(ready.set)
        assert ready.wait(60)
    return feed.ready(index)


@pytest.fixture
def stream() -> sx.StreamSet:
    return sx.stream_set(source, batch=4, labels=[0, 1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_batch_is_learnt_in_the_type_of_the_network(stream: sx.StreamSet, dtype: str) -> None:
    supply, feed = opened(stream, dtype)

    for index, (x, labels, weights) in enumerate(source(0)):
        assert wait(feed, index)
        got_x, got_t = feed.get(index)
        got_w = feed.weights(index)
        assert got_x.dtype == got_t.dtype == got_w.dtype == dtype
        np.testing.assert_allclose(got_x, x, rtol=1e-6)
        np.testing.assert_array_equal(got_t.argmax(axis=1), labels)
        np.testing.assert_array_equal(got_w, weights)
    assert not wait(feed, len(SIZES))
    assert feed.ended(len(SIZES))
    supply.close()


def test_errors_are_kept_for_a_window_of_batches_that_goes_round(
    stream: sx.StreamSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_BATCHES", 3)
    supply, feed = opened(stream)
    rows = np.full((2, feed.n), np.nan)
    assert (feed.most, feed.n) == (3, 12)

    for index, size in enumerate(SIZES):
        assert wait(feed, index)
        first, last = feed.span(index)
        assert last - first == size
        rows[:, first:last] = index + 1
        if index >= 2:
            kept = range(index - 2, index + 1)
            expected = [(k + 1) * SIZES[k] for k in kept]
            np.testing.assert_array_equal(feed.sums(rows, index - 2, index + 1), [expected] * 2)
            np.testing.assert_array_equal(feed.sizes(index - 2, index + 1)[0], [SIZES[k] for k in kept])
    supply.close()


def test_the_window_shrinks_with_the_size_of_batches() -> None:
    supply, feed = opened(sx.stream_set(source, batch=10**6, labels=[0, 1]))

    assert (feed.most, feed.n) == (1, 10**6)
    supply.close()


def test_a_batch_that_is_ready_stays_so(stream: sx.StreamSet) -> None:
    supply, feed = opened(stream)
    assert wait(feed, 0)
    first = feed.get(0)[0].copy()

    assert feed.ready(0) and feed.ready(0)

    np.testing.assert_array_equal(feed.get(0)[0], first)
    assert not feed.ended(0)
    supply.close()


def test_another_feed_of_the_same_supply_goes_on_where_the_first_was(stream: sx.StreamSet) -> None:
    supply, feed = opened(stream)
    for index in range(3):
        assert wait(feed, index)

    second = supply.feed(small_net(), NumpyBackend())
    second.begin(0)

    assert wait(second, 3)
    np.testing.assert_allclose(second.get(3)[0], list(source(0))[3][0], rtol=1e-6)
    supply.close()


def test_a_batch_that_does_not_fit_is_named() -> None:
    supply, feed = opened(sx.stream_set([(np.zeros((1, 4)), [0])], batch=4, labels=[0, 1]))

    with pytest.raises(ShapeError, match="batch 1 of epoch 1: this network takes samples of 3 numbers"):
        wait(feed, 0)
    supply.close()


@pytest.mark.parametrize(("batches", "share"), [(None, 0.0), (4, 0.75)])
def test_the_share_of_an_epoch_is_known_if_its_length_is(batches: int | None, share: float) -> None:
    supply, feed = opened(sx.stream_set(source, batch=4, labels=[0, 1], batches_per_epoch=batches))

    assert feed.share(3) == share
    supply.close()
