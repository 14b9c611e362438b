"""``executor="inline"``: the event loop itself computes, a chunk at a time."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

import synapse_rx as sx
from tests.trainer.tools import ENDLESS, LONG, Told, epochs, reach, some_data, some_net


async def test_it_computes_on_the_loops_thread() -> None:
    net = some_net()
    threads: set[int] = set()
    net.add_watch("thread", lambda key, atom, old, new: threads.add(threading.get_ident()))

    snapshot = await sx.train(net, some_data(), 5, executor="inline")

    assert snapshot is net.value
    assert epochs(snapshot) == 5
    assert threads == {threading.get_ident()}


async def test_everything_else_on_the_loop_has_its_turn_in_between() -> None:
    net = some_net()
    turns: list[int] = []

    async def tick() -> None:
        while True:
            turns.append(epochs(net.value))
            await asyncio.sleep(0)

    ticker = asyncio.ensure_future(tick())
    await sx.train(net, some_data(), 10, executor="inline")
    ticker.cancel()

    assert set(range(10)) <= set(turns)


async def test_it_stops_and_cancels_with_the_next_chunk() -> None:
    stopped, cancelled = some_net(), some_net()
    first = sx.train(stopped, some_data(), ENDLESS, executor="inline")
    second = sx.train(cancelled, some_data(), ENDLESS, executor="inline")
    await asyncio.sleep(0)

    first.stop()
    second.cancel()

    assert (await first).training.status == "stopped"
    with pytest.raises(asyncio.CancelledError):
        await second
    assert cancelled.value.training.status == "cancelled"


async def test_timeouts_work() -> None:
    net = some_net()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(sx.train(net, some_data(), ENDLESS, executor="inline"), 0.01)

    before = net.value
    await sx.train(some_net(), some_data(), 3, executor="inline")
    assert net.value is before


async def test_it_pauses_and_resumes() -> None:
    net = some_net()
    told = Told(net)
    net.add_watch(
        "pause", lambda key, atom, old, new: epochs(new) == 2 != epochs(old) and sx.pause_training(net)
    )
    run = sx.train(net, some_data(), 4, executor="inline")

    async for snapshot in net.stream():
        if snapshot.training.status == "paused":
            break
    for _ in range(100):
        await asyncio.sleep(0)
    assert epochs(net.value) == 2
    await asyncio.to_thread(sx.resume_training, net)

    assert epochs(await run) == 4
    assert told.epochs == [0, 1, 2, 3, 4]


async def test_queued_inline_runs_follow_each_other() -> None:
    net = some_net()
    first = sx.train(net, some_data(), 2, executor="inline")
    second = sx.train(net, some_data(), 2, executor="inline", if_running="queue")

    assert epochs(await first) == 2
    assert epochs(await second) == 4


async def test_inline_may_queue_behind_a_thread_and_the_other_way_round() -> None:
    net = some_net()
    runs = [
        sx.train(net, some_data(), 2, executor=executor, if_running="queue")
        for executor in ("thread", "inline", "thread", "inline")
    ]

    assert [epochs(await run) for run in runs] == [2, 4, 6, 8]


def test_without_a_loop_the_librarys_own_one_computes() -> None:
    net = some_net()
    names: set[str] = set()
    net.add_watch("name", lambda key, atom, old, new: names.add(threading.current_thread().name))
    main = threading.current_thread().name

    assert epochs(sx.train(net, some_data(), 3, executor="inline").result(LONG)) == 3
    assert names == {main, "synapse-rx-loop"}


def test_asyncio_run_ends_it() -> None:
    net = some_net()
    runs: list[sx.TrainingRun] = []

    async def main() -> None:
        runs.append(sx.train(net, some_data(), ENDLESS, executor="inline"))
        await asyncio.sleep(0)

    asyncio.run(main())

    assert runs[0].cancelled()
    assert net.value.training.status == "cancelled"


def test_a_paused_one_whose_loop_is_closed_ends_when_it_is_woken() -> None:
    net = some_net()
    loop = asyncio.new_event_loop()

    async def begin() -> sx.TrainingRun:
        run = sx.train(net, some_data(), ENDLESS, executor="inline")
        run.pause()
        async for _ in net.stream():
            break
        for _ in range(10):
            await asyncio.sleep(0)
        return run

    run = loop.run_until_complete(begin())
    loop.close()
    assert sx.resume_training(net)

    assert run.wait(LONG)
    assert run.status == "failed"
    reach(net, lambda new: new.training.status == "failed")


async def test_an_error_in_inline_training_reaches_who_awaits() -> None:
    net = some_net()

    def swap(key: Any, atom: Any, old: Any, new: Any) -> None:
        if epochs(new) == 1:
            atom.reset(sx.mlp([5, 4], "softmax").value)

    net.add_watch("swap", swap)

    with pytest.raises(sx.errors.ShapeError):
        await sx.train(net, some_data(), 3, executor="inline")


@pytest.mark.parametrize("wish", ["stop", "cancel", "wait"])
def test_threads_take_over_when_its_loop_is_closed(wish: str) -> None:
    net = some_net()
    loop = asyncio.new_event_loop()

    async def begin() -> sx.TrainingRun:
        return sx.train(net, some_data(), 3 if wish == "wait" else ENDLESS, executor="inline")

    run = loop.run_until_complete(begin())
    loop.close()  # without ending its tasks, as asyncio.run would
    getattr(run, wish)()

    assert run.wait(LONG)
    assert net.value.training.status == {"stop": "stopped", "cancel": "cancelled", "wait": "done"}[wish]
