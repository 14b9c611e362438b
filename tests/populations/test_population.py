"""Membership, ranking, and the one stream of news."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import weakref
from typing import Any

import pytest
from reactivex import operators as ops

import synapse_rx as sx
from synapse_rx.errors import OptionError, UnknownNameError
from tests.subscribers.snapshots import fresh, publish, with_epochs, with_stats


def three() -> sx.Population:
    return sx.population({name: fresh() for name in "abc"})


def heard(population: sx.Population) -> list[tuple[str, range]]:
    """Give a list that grows by the name and the new epochs of each news."""
    found: list[tuple[str, range]] = []
    population.subscribe(lambda news: found.append((news.name, news.epochs)))
    return found


def test_members_are_found_by_name() -> None:
    nets = {"a": fresh(), "b": fresh()}
    population = sx.population(nets)

    assert population["b"] is nets["b"]
    assert (
        list(population) == ["a", "b"]
        and len(population) == 2
        and "a" in population
        and "c" not in population
    )
    assert population.nets == (nets["a"], nets["b"])
    assert population.snapshots == {"a": nets["a"].value, "b": nets["b"].value}
    with pytest.raises(UnknownNameError, match="unknown member 'd'"):
        population["d"]


def test_cells_in_a_list_are_called_by_their_meta_or_their_number() -> None:
    population = sx.population([fresh(), fresh("wide")])

    assert population.names == ("net 1", "wide")
    assert population["net 1"].meta["name"] == "net 1"


@pytest.mark.parametrize(
    "nets, message",
    [
        (3, "takes a list of cells"),
        (fresh(), "takes a list of cells"),
        ([sx.atom(3)], "made of cells of networks"),
        ({3: fresh()}, "called by a text"),
        ([fresh("a"), fresh("a")], "'a' already"),
        ([one := fresh(), one], "already, under another name"),
    ],
)
def test_what_is_no_population_is_refused(nets: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        sx.population(nets)


def test_a_refused_member_leaves_all_as_it_was() -> None:
    population, another = three(), fresh()

    with pytest.raises(OptionError):
        population.add("a", another)

    assert population.names == ("a", "b", "c")
    assert "name" not in another.meta


def test_it_ranks_by_the_newest_value_and_puts_last_whoever_has_none() -> None:
    population = three()
    for name, error in (("a", 0.3), ("c", 0.1)):
        population[name].swap(
            with_stats, training={"loss": 1 - error}, validation={"misclassification": error}
        )

    assert population.ranking() == ("c", "a", "b")
    assert population.ranking("loss") == ("a", "c", "b")
    assert population.ranking("validation:misclassification", mode="max") == ("a", "c", "b")
    assert population.best() == "c"


def test_nobody_is_best_of_nobody() -> None:
    with pytest.raises(OptionError, match="no networks"):
        sx.population({}).best()


def test_an_observer_hears_where_each_stands_and_then_what_is_new() -> None:
    population = three()
    publish(population["b"], 2)
    found = heard(population)
    publish(population["a"], 2)
    publish(population["b"])

    assert found == [
        ("a", range(0)),
        ("b", range(2, 2)),
        ("c", range(0)),
        ("a", range(0, 1)),
        ("a", range(1, 2)),
        ("b", range(2, 3)),
    ]


def test_who_comes_is_heard_and_who_goes_is_not() -> None:
    population = three()
    found = heard(population)
    gone = population.remove("a")
    population.add("d", fresh())
    publish(gone)
    publish(population["d"])

    assert found[3:] == [("d", range(0)), ("d", range(0, 1))]


def test_another_one_of_the_same_name_begins_anew() -> None:
    population = three()
    publish(population["a"], 3)
    found = heard(population)
    population.remove("a")
    population.add("a", fresh())
    publish(population["a"])

    assert found[-2:] == [("a", range(0)), ("a", range(0, 1))]


def test_what_comes_while_an_observer_is_busy_is_told_as_one_news_of_each() -> None:
    population, found = three(), []

    def look(news: sx.News) -> None:
        found.append((news.name, news.epochs))
        if len(found) == 4:  # here others go on
            done = threading.Thread(target=lambda: (publish(population["b"], 3), publish(population["a"], 2)))
            done.start()
            done.join()

    population.subscribe(look)
    publish(population["c"])

    assert found[3:] == [("c", range(0, 1)), ("b", range(0, 3)), ("a", range(0, 2))]


def test_an_observer_is_never_called_by_two_threads_at_once() -> None:
    population = sx.population([fresh() for _ in range(4)])
    inside, together, told = threading.Semaphore(1), [], []

    def look(news: sx.News) -> None:
        if not inside.acquire(blocking=False):
            together.append(news)
            return
        told.append(len(news.epochs))
        inside.release()

    population.subscribe(look)
    threads = [threading.Thread(target=publish, args=(cell, 50)) for cell in population.nets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not together
    assert sum(told) == 200  # no epoch is lost on anybody


def test_an_observer_that_raises_is_detached_and_reported() -> None:
    population = three()
    found = heard(population)
    population.pipe(ops.skip(3)).subscribe(lambda news: 1 / 0)

    with pytest.raises(sx.errors.WatchError) as caught:
        publish(population["a"])
    publish(population["a"])

    assert isinstance(caught.value.exceptions[0], ZeroDivisionError)
    assert len(found) == 5


def test_an_observer_interrupted_goes_on_with_the_next_news() -> None:
    population, found = three(), []

    def look(news: sx.News) -> None:
        found.append(news.name)
        if len(found) == 4:
            raise KeyboardInterrupt

    population.subscribe(look)
    with pytest.raises(KeyboardInterrupt):
        publish(population["b"])
    publish(population["c"])

    assert found[3:] == ["b", "c"]


def test_an_async_def_is_no_observer() -> None:
    async def look(news: sx.News) -> None: ...

    with pytest.raises(TypeError, match="async def"):
        three().subscribe(look)


def test_disposing_or_closing_leaves_the_cells_alone() -> None:
    population, ended = three(), []
    subscription = population.subscribe(print)
    population.subscribe(lambda _: None, on_completed=lambda: ended.append(True))
    subscription.dispose()
    population.close()

    assert ended == [True]
    assert not any(cell._delivery.entries for cell in population.nets)


async def test_a_stream_begins_with_where_each_stands_and_misses_no_epoch() -> None:
    population = three()
    async with population.stream() as stream:
        first = [(await anext(stream)).name for _ in range(3)]
        publish(population["b"], 3)
        publish(population["a"], 2)
        news = [await anext(stream), await anext(stream)]

    assert first == ["a", "b", "c"]
    assert [(one.name, one.epochs) for one in news] == [("b", range(3)), ("a", range(2))]
    assert not any(cell._delivery.entries for cell in population.nets)


async def test_a_stream_tells_what_is_new_since_a_snapshot() -> None:
    population = three()
    before = population.snapshots
    publish(population["a"], 4)

    async with population.stream(before) as stream:
        assert (await anext(stream)).epochs == range(4)


async def test_a_stream_that_is_dropped_is_gone() -> None:
    population = three()
    async for _ in population:
        break
    gc.collect()

    assert not any(cell._delivery.entries for cell in population.nets)


async def test_closing_ends_a_stream_that_waits() -> None:
    population = three()
    stream = population.stream()
    for _ in range(3):
        await anext(stream)
    waiting = asyncio.ensure_future(anext(stream, None))
    await asyncio.sleep(0)
    population.close()

    assert await waiting is None


async def test_two_tasks_do_not_read_one_stream() -> None:
    stream = sx.population([fresh()]).stream()
    await anext(stream)
    waiting = asyncio.ensure_future(anext(stream, None))
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="read by another task"):
        await anext(stream)
    stream.close()
    assert await waiting is None


def test_a_population_nobody_holds_is_gone_though_its_cells_live() -> None:
    population = three()
    cells, known = population.nets, weakref.ref(population)
    del population
    gc.collect()

    assert known() is None and len(cells) == 3


async def test_awaiting_a_population_says_what_to_await() -> None:
    with pytest.raises(TypeError, match="train"):
        await three()


def test_a_dashboard_logs_and_displays_take_its_cells(caplog: pytest.LogCaptureFixture) -> None:
    population = three()
    with caplog.at_level(logging.INFO), sx.Logger(*population.nets):
        population["b"].swap(lambda net: with_epochs(net))

    assert any("b" in line for line in caplog.messages)
    assert sx.dashboard_app(population.nets).nets == population.nets


def test_what_listens_to_many_networks_takes_a_population_as_it_is() -> None:
    population = three()

    assert sx.EarlyStopping().attach(population).nets == population.nets
    assert sx.dashboard_app(population).nets == population.nets
