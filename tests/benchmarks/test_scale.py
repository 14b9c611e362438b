"""The model on paper: it finds what made the measurements, and keeps the laws of queues."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.scaling import model as scale
from benchmarks.scaling.fitted import Models
from benchmarks.scaling.measured import Measured, measured

SAMPLE, TELLING = 35e-6, 8e-6


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


def test_a_fit_finds_how_unequal_steps_are_and_what_a_reader_costs() -> None:
    link = scale.Link(latency=1e-5, bandwidth=4e9)
    lost = scale.efficiency(link, 2, 1, 50, SAMPLE, jitter=0.1)

    assert scale.fitted_jitter(link, lost, 50, SAMPLE) == pytest.approx(0.1, rel=1e-3)
    assert scale.fitted_telling([(n, 0.01 + 7e-6 * n) for n in (1_000, 3_000, 10_000)]) == pytest.approx(
        (0.01, 7e-6)
    )


def test_measurements_in_files_take_the_place_of_the_first_ones(tmp_path: Path) -> None:
    lines = [
        "benchmark,table,row,column,value",
        'parallel,"784-512-512-10, Adam",one process,samples/s,40000',
        'parallel,"784-512-512-10, Adam","2, gradients added up at every step",efficiency,0.9',
        'parallel,"784-512-512-10, Adam","2, parameters averaged every 50 steps",efficiency,0.97',
        'parallel,"Sums over the arrays of 2 processes, all on one machine","80,000",quartiles low,0.1',
        'parallel,"Sums over the arrays of 2 processes, all on one machine","2,000,000",quartiles low,2.1',
    ]
    (tmp_path / "parallel.csv").write_text("\n".join(lines), encoding="utf-8")

    found = measured(tmp_path)
    models = Models.of(found, 50)

    assert found.sample == 25e-6 and found.together == {1: 0.9, 50: 0.97}
    assert found.rates == Measured().rates and found.shares == Measured().shares
    assert {source for source in found.sources.values()} == {
        (tmp_path / "parallel.csv").as_posix(),
        "the first measurements",
    }
    left = {what: told / value - 1 for what, _, value, told in models.residuals(found, 50)}
    assert left["8 MB over shared memory"] == pytest.approx(0, abs=1e-9)
    assert left["2 workers, a sum every 1 step(s)"] == pytest.approx(0, abs=1e-3)


def test_an_all_reduce_of_more_workers_takes_longer_but_never_more_than_twice_the_bytes() -> None:
    link = scale.Link(latency=0.0, bandwidth=1e9)
    seconds = [link.all_reduce(workers, 1e6) for workers in (1, 2, 4, 64, 1024)]

    assert seconds[0] == 0
    assert seconds == sorted(seconds)
    assert seconds[-1] < 2e-3


def test_one_worker_waits_for_nobody_and_equal_ones_for_the_link_alone() -> None:
    link = scale.Link(latency=0.0, bandwidth=4 * scale.PARAMETERS / (scale.BATCH * SAMPLE))

    assert scale.efficiency(link, 1, 1, 20, SAMPLE) == 1.0
    assert scale.efficiency(link, 2, 1, 20, SAMPLE, jitter=0.0) == pytest.approx(0.5)
    assert scale.efficiency(link, 2, 10, 20, SAMPLE, jitter=0.0) == pytest.approx(10 / 11)


def test_who_is_served_one_after_the_other_waits_for_those_before() -> None:
    arrivals = np.sort(np.random.default_rng(0).random(200))
    free, expected = 0.0, []
    for arrival in arrivals:
        free = max(arrival, free) + 0.006
        expected.append(free - arrival)

    np.testing.assert_allclose(scale.waits(arrivals, 0.006), expected)


def test_a_driver_that_cannot_take_all_news_has_no_bound() -> None:
    costs = 4e-4, 1e-5
    most = int(1 / (20 * sum(costs)))

    assert scale.news_delay(costs, most // 2, 20, 1, seconds=2) < 0.05
    assert scale.news_delay(costs, most + 1, 20, 1, seconds=2) == float("inf")


def test_the_last_reader_is_told_when_all_others_are_and_more_servers_share_them() -> None:
    one, ten = scale.watching(TELLING, 10_000, 1), scale.watching(TELLING, 10_000, 10)

    assert one.p99 == pytest.approx(10_000 * TELLING, rel=0.02)
    assert one.core == pytest.approx(10_000 * TELLING, rel=0.02)
    assert ten.p99 < one.p99 / 4


def test_a_server_with_too_many_readers_tells_each_less_often() -> None:
    told = scale.watching(TELLING, 1_000_000, 1)

    assert told.core == pytest.approx(1.0, rel=0.01)
    assert 60 / 12 < told.told < 12
