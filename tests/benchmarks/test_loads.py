"""Loads go on till they are told to end, and the meters beside them count."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from benchmarks.contestants.busy_loop import Case, Work
from benchmarks.contestants.by_hand import ByHand
from benchmarks.contestants.loads import Background, nothing, thread, training, trainings
from benchmarks.contestants.problem import Problem, problem
from benchmarks.loop import Meter


@pytest.fixture
def task() -> Problem:
    return problem("random", 128, 32)


def by_hand(task: Problem) -> Background:
    return thread(ByHand(task), task)


@pytest.mark.parametrize("make", [training, by_hand])
async def test_a_load_tells_its_rate_when_it_is_over(
    make: Callable[[Problem], Background], task: Problem
) -> None:
    rate, seconds = 0.0, 0.01
    while not rate:  # on a busy machine a thread may begin late
        async with make(task)() as load:
            await asyncio.sleep(seconds)
            assert load.rate == 0
        rate, seconds = load.rate, 2 * seconds

    assert rate > 0


async def test_trainings_at_once_tell_what_they_do_together_and_how_evenly(task: Problem) -> None:
    load, seconds = None, 0.01
    while load is None or not load.evenness:  # on a busy machine one may not have begun
        async with trainings(task, 2)() as load:
            await asyncio.sleep(seconds)
        seconds *= 2

    assert load.rate > 0
    assert 0 < load.evenness <= 1


async def test_no_load_does_no_steps() -> None:
    async with nothing() as load:
        pass

    assert load.rate == 0


def test_a_meter_shows_percentiles_of_all_its_rounds() -> None:
    with asyncio.Runner() as runner:
        meter = Meter(runner, nothing, 0.01)
        meter.measure()
        few = int(meter.row()[-1])
        meter.measure()

    p50, p99, most, ticks = map(float, meter.row())
    assert ticks > few > 0
    assert p50 <= p99 <= most


def test_a_busy_loop_counts_its_work() -> None:
    with asyncio.Runner() as runner:
        idle, busy = (Case(runner, nothing, work, 0.01) for work in (Work(0.0), Work(0.5, 1e-3)))
        idle.measure()
        busy.measure()

    assert idle.speed == 0
    assert busy.speed > 0
