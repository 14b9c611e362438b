"""``async for snapshot in run``."""

from __future__ import annotations

import asyncio
import gc
import queue
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.errors import Diverged
from tests.trainer.tools import (
    ENDLESS,
    LONG,
    Hold,
    diverging_net,
    epochs,
    let_go,
    some_data,
    some_net,
    xor,
    xor_net,
)


def listeners(net: sx.Atom[Any]) -> int:
    return len(net._delivery.entries)  # pyright: ignore[reportPrivateUsage]


async def gone() -> None:
    """Give the loop a turn: till then CPython keeps the traceback of the last cancellation, and what is in it."""
    await asyncio.sleep(0)
    gc.collect()


async def test_it_gives_newer_and_newer_snapshots_and_the_last_one_last() -> None:
    net = some_net()
    run = sx.train(net, some_data(), 10)

    got = [snapshot async for snapshot in run]

    counts = [epochs(snapshot) for snapshot in got]
    assert counts == sorted(counts)
    assert len({id(snapshot) for snapshot in got}) == len(got)
    assert got[-1] is net.value is await run


async def test_a_slow_reader_misses_some_but_never_the_last() -> None:
    net = some_net()
    begun = Hold(net)
    run = sx.train(net, some_data(), 5)
    await begun.arrives()
    reader = aiter(run)
    third = Hold(net, lambda new: epochs(new) == 3)  # told after the reader
    begun.release()
    await third.arrives()

    got = [await anext(reader)]
    third.release()
    await asyncio.to_thread(run.wait, LONG)
    got += [snapshot async for snapshot in reader]

    assert [epochs(snapshot) for snapshot in got] == [3, 5]
    assert got[-1] is net.value


async def test_a_reader_that_keeps_pace_misses_none() -> None:
    net = some_net()
    hold = Hold(net)
    run = sx.train(net, some_data(), 5)
    await hold.arrives()
    reader, read = aiter(run), queue.SimpleQueue[int]()
    net.add_watch("wait for the reader", lambda key, atom, old, new: read.get(timeout=LONG))
    hold.release()
    got = []

    async for snapshot in reader:
        got.append(epochs(snapshot))
        if epochs(snapshot) > 1:  # the first one, from before the watch, may have been served or not
            read.put(epochs(snapshot))

    assert got[-4:] == [2, 3, 4, 5]


async def test_an_ended_run_gives_its_last_snapshot() -> None:
    net = some_net()
    run = sx.train(net, some_data(), 2)
    await run

    assert [snapshot async for snapshot in run] == [net.value]


async def test_two_readers_do_not_disturb_each_other() -> None:
    run = sx.train(some_net(), some_data(), 5)

    async def last() -> Any:
        return [snapshot async for snapshot in run][-1]

    first, second = await asyncio.gather(last(), last())

    assert first is second is await run


async def test_break_leaves_nothing_behind() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)
    before, tasks = listeners(net), asyncio.all_tasks()

    async for _ in run:
        break

    gc.collect()
    assert listeners(net) == before
    assert asyncio.all_tasks() == tasks
    assert not run.done()
    run.stop()
    await run


async def test_being_cancelled_while_reading_leaves_nothing_behind_and_training_goes_on() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)
    before = listeners(net)
    started = asyncio.Event()

    async def read() -> None:
        async for _ in run:
            started.set()

    reader = asyncio.ensure_future(read())
    await started.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    del reader

    await gone()
    assert listeners(net) == before
    assert not run.done()
    run.stop()
    await run


async def test_a_queued_run_gives_nothing_before_it_begins() -> None:
    net, data = some_net(), some_data()
    first = sx.train(net, data, 3)
    second = sx.train(net, data, 2, if_running="queue")

    counts = [epochs(snapshot) async for snapshot in second]

    assert first.done()
    assert counts[-1] == 5
    assert min(counts) >= 3


@pytest.mark.parametrize("how", ["cancel", "stop"])
async def test_a_queued_run_that_never_begins_gives_nothing(how: str) -> None:
    net, data = some_net(), some_data()
    sx.train(net, data, ENDLESS)
    waiting = sx.train(net, data, 2, if_running="queue")

    async def read() -> list[Any]:
        return [snapshot async for snapshot in waiting]

    reader = asyncio.ensure_future(read())
    await asyncio.sleep(0)
    getattr(waiting, how)()

    assert await reader == []


async def test_a_queued_run_can_be_read_and_left() -> None:
    net, data = some_net(), some_data()
    sx.train(net, data, ENDLESS)
    waiting = sx.train(net, data, 2, if_running="queue")
    before = listeners(net)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            async for _ in waiting:
                pass

    await gone()
    assert listeners(net) == before


async def test_of_a_cancelled_run_the_last_snapshot_is_the_one_that_says_so() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)

    got = []
    async for snapshot in run:
        got.append(snapshot)
        if epochs(snapshot):
            run.cancel()

    assert got[-1] is net.value
    assert got[-1].training.status == "cancelled"


async def test_a_failure_ends_the_stream_and_is_raised_by_await() -> None:
    net = diverging_net()
    run = sx.train(net, some_data(), 5)

    got = [snapshot async for snapshot in run]

    assert got[-1] is net.value
    assert got[-1].training.status == "failed"
    with pytest.raises(Diverged):
        await run


async def test_a_run_can_be_read_on_another_loop_than_its_own() -> None:
    net = some_net()
    run = await asyncio.to_thread(sx.train, net, some_data(), 3)

    got = [snapshot async for snapshot in run]

    assert got[-1] is net.value


async def test_reading_to_the_end_leaves_nothing_behind() -> None:
    net = xor_net()
    before = listeners(net)
    run = sx.train(net, xor(), 3)

    async for _ in run:
        pass

    await asyncio.to_thread(let_go)  # the thread that ended the stream tells the reader first
    assert listeners(net) == before
