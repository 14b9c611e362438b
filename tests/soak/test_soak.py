"""A long life: thousands who come and go, hundreds of trainings, and nothing of them stays behind."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
from reactivex import operators as ops

import synapse_rx as sx
from synapse_rx.errors import Diverged, PopulationError
from synapse_rx.snapshot import Net
from synapse_rx.subscribers import worker
from synapse_rx.trainer import workers
from tests.soak.census import LONG, Census, tasks_left
from tests.subscribers.snapshots import fresh, publish
from tests.trainer.tools import ENDLESS, diverging_net, some_data, some_net, xor, xor_net

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(autouse=True)
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let threads without work end at once, and count memory."""
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.0)
    monkeypatch.setattr(workers, "IDLE_SECONDS", 0.05)
    tracemalloc.start()
    yield
    tracemalloc.stop()


class Listener:
    """An object whose method is a watch."""

    def look(self, *args: Any) -> None: ...


def watch(net: sx.Atom[Net], folder: Path) -> None:
    net.add_watch("soak", print_nothing)
    listener = Listener()
    net.add_watch("weak", listener.look, weak=True)
    publish(net)
    net.remove_watch("soak")


def print_nothing(*args: Any) -> None: ...


def derive(net: sx.Atom[Net], folder: Path) -> None:
    net.select(lambda snapshot: snapshot.training.stats.epochs).add_watch("soak", print_nothing).remove_watch(
        "soak"
    )
    net.cursor("training", "algorithm", "learning_rate").subscribe(print_nothing).dispose()


def observe(net: sx.Atom[Net], folder: Path) -> None:
    plain = net.subscribe(print_nothing)
    piped = net.pipe(
        ops.map(lambda snapshot: snapshot.training.stats.epochs),
        ops.distinct_until_changed(),
        ops.buffer_with_count(2, 1),
    ).subscribe(print_nothing)
    publish(net)
    plain.dispose()
    piped.dispose()


def listen_to_many(net: sx.Atom[Net], folder: Path) -> None:
    population = sx.population({"one": net, "other": fresh()})
    subscription = population.pipe(ops.filter(lambda news: len(news.epochs) > 0)).subscribe(print_nothing)
    population.subscribe(print_nothing)
    publish(population.remove("other"))
    publish(net)
    subscription.dispose()
    population.close()


def subscribe_here(net: sx.Atom[Net], folder: Path) -> None:
    kinds = [
        sx.EarlyStopping(patience=3),
        sx.BestSoFar(),
        sx.History(capacity=3),
        sx.Schedule(learning_rate=0.1),
    ]
    for one in kinds:
        one.attach(net)
    publish(net)
    for one in kinds:
        one.close()


def subscribe_elsewhere(net: sx.Atom[Net], folder: Path) -> None:
    with (
        sx.CSVLog(folder / "log.csv").attach(net),
        sx.JSONLinesLog(folder / "log.jsonl").attach(net),
        sx.Notify(when=lambda news: False, call=print_nothing).attach(net),
    ):
        publish(net)


def read(net: sx.Atom[Net], folder: Path) -> None:
    async def readers() -> None:
        loop = asyncio.get_running_loop()
        async with net.stream() as stream, sx.to_async(net.pipe(ops.skip(0))) as values:
            await anext(stream)
            await anext(values)
        dropped = net.stream()
        await anext(dropped)
        there = net.observable(loop).subscribe(print_nothing)
        elsewhere = net.pipe(sx.observe_on(loop)).subscribe(print_nothing)
        async with sx.population([net]).stream() as news:
            await anext(news)
        with suppress(TimeoutError):
            await asyncio.wait_for(_wait_for_more(net), 0.001)
        publish(net)
        there.dispose()
        elsewhere.dispose()

    asyncio.run(readers())


async def _wait_for_more(net: sx.Atom[Net]) -> None:
    async for _ in net.stream():
        pass


WAYS = [watch, derive, observe, listen_to_many, subscribe_here, subscribe_elsewhere, read]


def test_a_thousand_who_come_and_go_leave_nothing_behind(tmp_path: Path) -> None:
    net = fresh()
    short = net.value  # its history is kept short: that it grows is no leak

    def come_and_go(times: int) -> None:
        for way in islice(cycle(WAYS), times):
            way(net, tmp_path)
            net.reset(short)

    come_and_go(70)
    before = Census.now()
    come_and_go(1000)

    Census.now().check(before)
    assert not net.watches and not net._delivery.entries  # pyright: ignore[reportPrivateUsage]
    assert tasks_left() == []


def wait_for_it() -> None:
    sx.train(xor_net(), xor(), 2).result(LONG)


def await_it() -> None:
    async def main() -> None:
        run = sx.train(xor_net(), xor(), 2)
        run.when_over(print_nothing)
        async for _ in run:
            pass
        await run

    asyncio.run(main())


def cancel_it() -> None:
    async def main() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(sx.train(some_net(), some_data(), ENDLESS), 0.001)

    asyncio.run(main())


def leave_it_to_the_loop() -> None:
    async def main() -> None:
        sx.train(some_net(), some_data(), ENDLESS)

    asyncio.run(main())


def stop_it_after_a_pause() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)
    run.pause()
    run.resume()
    run.stop()
    run.result(LONG)


def let_it_fail() -> None:
    with suppress(Diverged):
        sx.train(diverging_net(), some_data(), 2).result(LONG)


def queue_it() -> None:
    net = xor_net()
    first = sx.train(net, xor(), 1)
    second = sx.train(net, xor(), 1, if_running="queue")
    third = sx.train(net, xor(), 1, if_running="replace")
    for run in (first, second, third):
        run.wait(LONG)


def compute_it_on_the_loop() -> None:
    async def main() -> None:
        await sx.train(xor_net(), xor(), 1, executor="inline")

    asyncio.run(main())


def edit_it() -> None:
    net = some_net()
    run = sx.train(net, some_data(), 3)
    net.swap(sx.with_algorithm, "adam")
    net.swap(sx.freeze, 0)
    run.result(LONG)


def train_many() -> None:
    population = sx.population([xor_net(seed=seed) for seed in range(3)])
    population.subscribe(print_nothing)
    population.train(xor(), 2, at_once=2).result(LONG)


def lose_one_of_many() -> None:
    with suppress(PopulationError):
        sx.population([diverging_net(), some_net()]).train(some_data(), 1).result(LONG)


def cancel_many() -> None:
    run = sx.population([some_net() for _ in range(3)]).train(some_data(), ENDLESS)
    run.cancel()
    with suppress(asyncio.CancelledError):
        run.result(LONG)


TRAININGS = [
    wait_for_it,
    await_it,
    cancel_it,
    leave_it_to_the_loop,
    stop_it_after_a_pause,
    let_it_fail,
    queue_it,
    compute_it_on_the_loop,
    edit_it,
    train_many,
    lose_one_of_many,
    cancel_many,
]


def test_two_hundred_trainings_leave_nothing_behind() -> None:
    def train(times: int) -> None:
        for training in islice(cycle(TRAININGS), times):
            training()

    train(3 * len(TRAININGS))
    before = Census.now()
    train(200)

    Census.now().check(before)
    assert tasks_left() == []


def test_dashboards_leave_nothing_behind() -> None:
    pytest.importorskip("starlette")
    httpx = pytest.importorskip("httpx")

    def serve(times: int) -> None:
        for _ in range(times):
            net = xor_net()
            with sx.dashboard(net) as board, httpx.Client(trust_env=False) as client:
                address, token = board.url.split("#token=")
                client.get(f"{address}snapshot", headers={"Authorization": f"Bearer {token}"})
                sx.train(net, xor(), 2).result(LONG)

    serve(2)
    before = Census.now()
    serve(8)

    Census.now().check(before, slack=4)


def test_the_census_finds_what_stays(tmp_path: Path) -> None:
    kept: list[Any] = []
    before = Census.now()

    def fails(what: Callable[[], Any], message: str) -> None:
        kept.append(what())
        with pytest.raises(AssertionError, match=message):
            Census.now().check(before)
        getattr(kept.pop(), "close", print_nothing)()

    fails(lambda: [net.stream() for net in [fresh()] for _ in range(20)], "stream.Stream")
    fails(lambda: (tmp_path / "left open").open("w"), "left open")
    fails(lambda: bytearray(2**20), "memory")
    Census.now().check(before)
