"""Trainings of all members as one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.errors import AlreadyTraining, OptionError, PopulationError, ShapeError
from synapse_rx.populations.trainings import Trainings
from synapse_rx.snapshot import Net
from tests.subscribers.snapshots import fresh
from tests.trainer.tools import (
    ENDLESS,
    LONG,
    Hold,
    diverging_net,
    epochs,
    reach,
    some_data,
    some_epochs,
    some_net,
)


def some(n: int = 3) -> sx.Population:
    return sx.population({f"net {i}": some_net() for i in range(n)})


def test_all_are_trained_and_the_result_has_all_snapshots() -> None:
    population = some()
    run = population.train(some_data(), 3)
    result = run.result(LONG)

    assert sorted(result) == sorted(population)
    assert result == population.snapshots
    assert {epochs(net) for net in result.values()} == {3}
    assert population.training is None


async def test_the_run_is_a_task() -> None:
    population = some(2)

    async with asyncio.TaskGroup() as group:
        both = [group.create_task(_wait(population.train(some_data(), 2)))]

    assert [len(task.result()) for task in both] == [2]


async def _wait(run: sx.PopulationRun) -> Any:
    return await run


def test_deref_waits_for_it() -> None:
    assert len(sx.deref(some().train(some_data(), 1), LONG)) == 3


def test_each_may_learn_data_of_its_own() -> None:
    population = some(2)
    data = {"net 0": some_data(n=40), "net 1": some_data(n=90)}
    population.train(data, 1).result(LONG)

    assert [net.training.stats.steps for net in population.snapshots.values()] == [3, 6]


@pytest.mark.parametrize("data", [sx.training_set([[0.0], [1.0]], [0, 1]), {"net 0": some_data()}])
def test_data_that_do_not_fit_one_start_nothing(data: Any) -> None:
    population = some(2)
    before = population.snapshots

    with pytest.raises((ShapeError, LookupError)) as caught:
        population.train(data, 1)

    assert population.snapshots == before and population.training is None
    assert "in the training of" in caught.value.__notes__[0]


def test_a_wrong_option_starts_nothing() -> None:
    population = some(2)

    with pytest.raises(OptionError, match="publish"):
        population.train(some_data(), 1, publish="often")
    with pytest.raises(OptionError, match="at_once"):
        population.train(some_data(), 1, at_once=0)

    assert {net.training.status for net in population.snapshots.values()} == {"idle"}
    assert population.training is None
    population.train(some_data(), 1).result(LONG)


def test_an_empty_population_is_not_trained() -> None:
    with pytest.raises(OptionError, match="add some"):
        sx.population([]).train(some_data(), 1)


async def test_a_population_in_training_is_not_trained_twice() -> None:
    population = some(1)
    run = population.train(some_data(), ENDLESS)

    with pytest.raises(AlreadyTraining) as caught:
        population.train(some_data(), 1)

    assert caught.value.run is run
    population.stop()
    await run


async def test_never_more_train_at_once_than_asked_for() -> None:
    population = some(5)
    holds = [Hold(population[name]) for name in ("net 0", "net 1")]
    most = [0]

    def count(news: sx.News) -> None:
        live = [cell for cell in population.nets if cell.value.training.status == "training"]
        most.append(len(live))

    population.subscribe(count)
    run = population.train(some_data(), 2, at_once=2)
    assert list(run.live) == ["net 0", "net 1"] and run.queued == ("net 2", "net 3", "net 4")
    for hold in holds:
        hold.release()

    assert len(await run) == 5
    assert max(most) <= 2


async def test_a_run_streams_all_that_happened_since_it_began() -> None:
    population = some()
    run = population.train(some_data(), 4)
    learnt = dict.fromkeys(population, 0)
    async for news in run:
        learnt[news.name] += len(news.epochs)

    assert set(learnt.values()) == {4}
    await run


async def test_one_that_fails_takes_no_other_with_it() -> None:
    population = sx.population({"good": some_net(), "bad": diverging_net(), "next": some_net()})
    run = population.train(some_data(), 2, at_once=1)

    with pytest.raises(PopulationError, match="1 of a population failed: 'bad'") as caught:
        await run

    assert isinstance(caught.value.exceptions[0], sx.errors.Diverged)
    assert list(run.failures) == ["bad"]
    assert [epochs(population[name].value) for name in ("good", "next")] == [2, 2]


async def test_cancelling_ends_all_and_begins_no_other() -> None:
    population = some(3)
    run = population.train(some_data(), ENDLESS, at_once=2)
    await asyncio.to_thread(some_epochs, population["net 0"])
    run.cancel()

    with pytest.raises(asyncio.CancelledError):
        await run
    assert [net.training.status for net in population.snapshots.values()] == [
        "cancelled",
        "cancelled",
        "idle",
    ]
    assert run.cancelled() and not run.stop()


async def test_a_timeout_cancels_it() -> None:
    population = some(2)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await population.train(some_data(), ENDLESS)

    assert population.training is None


def test_stopping_gives_what_was_learnt() -> None:
    population = some(3)
    run = population.train(some_data(), ENDLESS, at_once=2)
    some_epochs(population["net 1"])

    assert population.stop()
    result = run.result(LONG)
    assert {net.training.status for net in result.values()} == {"stopped"}
    assert sorted(result) == ["net 0", "net 1"]
    assert not population.stop()


def test_one_that_is_stopped_makes_room_for_the_next() -> None:
    population = some(2)
    run = population.train(some_data(), ENDLESS, at_once=1)
    assert sx.stop_training(population["net 0"])
    some_epochs(population["net 1"])
    sx.stop_training(population["net 1"])

    assert len(run.result(LONG)) == 2


def test_who_comes_meanwhile_is_trained_as_the_others_are() -> None:
    population = some(1)
    hold = Hold(population["net 0"])
    run = population.train(some_data(), 2, at_once=1)
    hold.arrive()
    population.add("late", some_net())
    assert run.queued == ("late",)
    hold.release()

    assert {name: epochs(net) for name, net in run.result(LONG).items()} == {"net 0": 2, "late": 2}


def test_who_could_not_be_trained_with_the_others_is_not_taken_in() -> None:
    population = some(1)
    run = population.train(some_data(), ENDLESS)

    with pytest.raises(ShapeError):
        population.add("narrow", fresh())

    assert population.names == ("net 0",)
    run.stop()
    run.result(LONG)


def test_who_is_removed_is_stopped_and_left_out() -> None:
    population = some(3)
    run = population.train(some_data(), ENDLESS, at_once=2)
    gone, waiting = population.remove("net 0"), population.remove("net 2")
    reach(gone, lambda net: net.training.status == "stopped")
    population.stop()

    assert list(run.result(LONG)) == ["net 1"]
    assert waiting.value.training.status == "idle"


def test_another_one_of_the_same_name_takes_the_place_of_who_was_removed() -> None:
    elsewhere = Elsewhere()
    population = sx.population({"a": fresh(), "b": fresh()}, train=elsewhere)
    run = population.train(two_classes(), 1)
    elsewhere.runs[0].patient = True
    population.remove("a")
    another = population.add("a", fresh())
    elsewhere.runs[0].end()
    elsewhere.runs[1].end()
    assert not run.wait(0)
    elsewhere.runs[2].end()

    assert run.result(LONG) == {"a": another.value, "b": population["b"].value}


def test_waiting_for_all_on_a_members_own_thread_is_refused() -> None:
    population, refused = some(2), []

    def wait(key: Any, cell: Any, old: Net, new: Net) -> None:
        if epochs(new) == 1 and not refused:
            with pytest.raises(asyncio.InvalidStateError, match="wait for itself"):
                run.result()
            refused.append(True)

    hold = Hold(population["net 0"])
    population["net 0"].add_watch("wait", wait)
    run = population.train(some_data(), 2)
    hold.release()
    run.result(LONG)

    assert refused == [True]


def test_it_trains_what_lives_elsewhere_by_whatever_trains_it() -> None:
    elsewhere = Elsewhere()
    population = sx.population({name: fresh() for name in "abc"}, train=elsewhere)
    run = population.train(two_classes(), 7, at_once=2, priority="low")

    assert [asked[2:] for asked in elsewhere.asked] == [(7, {"priority": "low"})] * 2
    elsewhere.runs[0].end()
    assert len(elsewhere.asked) == 3
    for each in elsewhere.runs[1:]:
        each.end()
    assert list(run.result(LONG)) == ["a", "b", "c"]


def two_classes() -> sx.TrainingSet:
    return sx.training_set([[0.0, 1.0, 2.0], [1.0, 0.0, 2.0]], ["x", "y"])


class Elsewhere:
    """Trains nothing, and notes what it was asked to train."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.runs: list[Remote] = []

    def __call__(self, net: sx.Atom[Net], data: Any, n: Any, **options: Any) -> Remote:
        self.asked.append((net, data, n, options))
        self.runs.append(Remote(net))
        return self.runs[-1]


class Remote:
    """A training that ends when it is told to."""

    def __init__(self, net: sx.Atom[Net]) -> None:
        self._net = net
        self._over: Future[Net] = Future()
        self.patient = False

    def end(self) -> None:
        self._over.set_result(self._net.value)

    def stop(self) -> bool:
        if not self.patient:
            self.end()
        return True

    def cancel(self, msg: Any | None = None) -> bool:
        self._over.set_exception(asyncio.CancelledError())
        return True

    def result(self, timeout: float | None = None) -> Net:
        return self._over.result(timeout)

    def when_over(self, f: Callable[[Any], object]) -> None:
        self._over.add_done_callback(lambda _: f(self))


def test_a_thousand_that_end_at_once_need_no_deep_stack() -> None:
    def begin(name: str) -> Remote:
        run = Remote(net)
        run.end()
        return run

    net = fresh()
    trainings = Trainings(begin, map(str, range(1000)), at_once=1)
    trainings.go()

    assert len(trainings.outcome.result(0)) == 1000


def test_many_threads_that_end_trainings_begin_all_others_once() -> None:
    begun: list[str] = []
    net = fresh()

    def begin(name: str) -> Remote:
        begun.append(name)
        run = Remote(net)
        threading.Thread(target=run.end).start()
        return run

    trainings = Trainings(begin, map(str, range(200)), at_once=3)
    trainings.go()

    assert len(trainings.outcome.result(LONG)) == 200
    assert sorted(begun, key=int) == [str(i) for i in range(200)]
