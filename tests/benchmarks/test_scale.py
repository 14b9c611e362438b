"""The model on paper: it finds what made the measurements, and keeps the laws of queues."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import scale


def test_a_fit_finds_the_link_that_was_measured() -> None:
    link = scale.Link(latency=20e-6, bandwidth=2e9)
    rounds = [(size, link.all_reduce(2, size)) for size in (1e5, 1e6, 8e6)]

    found = scale.fitted_link(rounds)

    assert found.latency == pytest.approx(link.latency)
    assert found.bandwidth == pytest.approx(link.bandwidth)


def test_a_fit_finds_what_a_batch_and_an_event_cost() -> None:
    batch, event = 4e-4, 1e-5
    rates = [(n, n / (batch + n * event)) for n in (1, 50)]

    assert scale.fitted_driver(rates) == pytest.approx((batch, event))


def test_an_all_reduce_of_more_workers_takes_longer_but_never_more_than_twice_the_bytes() -> None:
    link = scale.Link(latency=0.0, bandwidth=1e9)
    seconds = [link.all_reduce(workers, 1e6) for workers in (1, 2, 4, 64, 1024)]

    assert seconds[0] == 0
    assert seconds == sorted(seconds)
    assert seconds[-1] < 2e-3


def test_one_worker_waits_for_nobody_and_equal_ones_for_the_link_alone() -> None:
    link = scale.Link(latency=0.0, bandwidth=4 * scale.PARAMETERS / (512 * scale.SAMPLE))

    assert scale.efficiency(link, 1, 512, 1, 20) == 1.0
    assert scale.efficiency(link, 2, 512, 1, 20, jitter=0.0) == pytest.approx(0.5)
    assert scale.efficiency(link, 2, 512, 10, 20, jitter=0.0) == pytest.approx(10 / 11)


def test_who_is_served_one_after_the_other_waits_for_those_before() -> None:
    arrivals = np.sort(np.random.default_rng(0).random(200))
    free, expected = 0.0, []
    for arrival in arrivals:
        free = max(arrival, free) + 0.006
        expected.append(free - arrival)

    np.testing.assert_allclose(scale.waits(arrivals, 0.006), expected)


def test_a_driver_that_cannot_take_all_news_has_no_bound() -> None:
    batch, event = scale.fitted_driver(scale.EVENTS)
    most = int(1 / (20 * (batch + event)))

    assert scale.news_delay(most // 2, 20, 1, seconds=2) < 0.05
    assert scale.news_delay(most + 1, 20, 1, seconds=2) == float("inf")


def test_the_last_reader_is_told_when_all_others_are_and_more_servers_share_them() -> None:
    one, ten = scale.watching(10_000, 1), scale.watching(10_000, 10)

    assert one.p99 == pytest.approx(10_000 * scale.TELLING, rel=0.02)
    assert one.core == pytest.approx(10_000 * scale.TELLING, rel=0.02)
    assert ten.p99 < one.p99 / 4


def test_a_server_with_too_many_readers_tells_each_less_often() -> None:
    told = scale.watching(1_000_000, 1)

    assert told.core == pytest.approx(1.0, rel=0.01)
    assert 60 / 12 < told.told < 12
