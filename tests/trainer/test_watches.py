"""Watches of a net in training: they run on its thread, and keep nobody else waiting."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import Any

import synapse_rx as sx
from synapse_rx.trainer.workers import cores
from tests.trainer.tools import (
    ENDLESS,
    LONG,
    Hold,
    Told,
    epochs,
    some_data,
    some_epochs,
    some_net,
    xor,
    xor_net,
)


def test_they_run_on_the_trainings_thread_never_two_at_a_time() -> None:
    net = some_net()
    threads: list[str] = []
    busy = threading.Lock()

    def look(key: Any, atom: Any, old: Any, new: Any) -> None:
        assert busy.acquire(blocking=False)
        threads.append(threading.current_thread().name)
        busy.release()

    net.add_watch("look", look)
    run = sx.train(net, some_data(), 5)

    run.result(LONG)
    assert run.watch_errors == []
    assert set(threads[1:]) == {"synapse-rx-train"}


def test_each_old_is_the_new_before() -> None:
    net = some_net()
    pairs: list[tuple[Any, Any]] = []
    net.add_watch("pairs", lambda key, atom, old, new: pairs.append((old, new)))

    sx.train(net, some_data(), 5).result(LONG)

    assert all(after[0] is before[1] for before, after in pairwise(pairs))


def test_a_slow_watch_delays_its_own_training_only() -> None:
    slow, other = some_net(seed=1), some_net(seed=2)
    hold = Hold(slow)
    held = sx.train(slow, some_data(), 3)
    hold.arrive()

    assert epochs(sx.train(other, some_data(), 5).result(LONG)) == 5

    assert epochs(slow.value) == 1
    hold.release()
    assert epochs(held.result(LONG)) == 3


def test_more_slow_watches_than_cores_delay_nobody_else() -> None:
    nets = [some_net(seed=seed) for seed in range(2 * cores() + 2)]
    holds = [Hold(net) for net in nets]
    runs = [sx.train(net, some_data(), 2) for net in nets]
    for hold in holds:
        hold.arrive()

    assert epochs(sx.train(some_net(seed=99), some_data(), 5).result(LONG)) == 5

    for hold in holds:
        hold.release()
    assert [epochs(run.result(LONG)) for run in runs] == [2] * len(runs)


def test_a_watch_that_raises_kills_nothing_and_silences_nobody() -> None:
    net = some_net()

    def fail(key: Any, atom: Any, old: Any, new: Any) -> None:
        raise ZeroDivisionError

    net.add_watch("bad", fail)
    told = Told(net)
    run = sx.train(net, some_data(), 5)

    assert epochs(run.result(LONG)) == 5
    assert told.epochs == [0, 1, 2, 3, 4, 5]
    assert len(run.watch_errors) == 6


def test_a_selected_cell_tells_once_an_epoch() -> None:
    net = some_net()
    losses: list[float] = []
    loss = net.select(lambda new: new.training.stats.loss[-1] if epochs(new) else None)
    loss.add_watch("loss", lambda key, cell, old, new: losses.append(new))

    snapshot = sx.train(net, some_data(), 5, publish=sx.every(batches=2)).result(LONG)

    assert losses == list(snapshot.training.stats.loss)


def test_watches_may_come_and_go_while_training() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)

    for i in range(50):
        net.add_watch(i, lambda key, atom, old, new: None)
        net.remove_watch(i - 1)
    some_epochs(net)
    run.stop()

    run.result(LONG)
    assert run.watch_errors == []


def test_a_blocking_stream_holds_the_training_back_and_loses_nothing() -> None:
    import asyncio

    net = xor_net()

    async def read() -> list[int]:
        stream = net.stream(buffer=1, overflow="block")
        sx.train(net, xor(), 20)
        got = []
        async for snapshot in stream:
            got.append(epochs(snapshot))
            if snapshot.training.status == "done":
                return got
        raise AssertionError

    assert list(dict.fromkeys(asyncio.run(read()))) == list(range(21))
