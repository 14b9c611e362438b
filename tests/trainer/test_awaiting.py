"""A run in asyncio: a task like any other, that ends only when its thread has."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import threading
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.errors import ShapeError
from tests.trainer.tools import ENDLESS, LONG, Hold, Told, epochs, let_go, some_data, some_net, xor, xor_net


class Ended:
    """Takes stock when a run is over, to see later that nothing was published since."""

    def __init__(self, net: sx.Atom[Any], run: sx.TrainingRun) -> None:
        assert run.done()
        self.net, self.value = net, net.value

    def check(self) -> None:
        sx.train(some_net(), some_data(), 5).wait(LONG)  # a while, measured in work and not in seconds
        assert self.net.value is self.value


async def later(ended: Ended) -> None:
    await asyncio.to_thread(ended.check)


async def begun(net: sx.Atom[Any]) -> None:
    """Wait till an epoch or two are learnt."""
    async for snapshot in net.stream():
        if epochs(snapshot) >= 2:
            return


async def test_await_gives_the_last_snapshot() -> None:
    net = some_net()

    snapshot = await sx.train(net, some_data(), 3)

    assert snapshot is net.value
    assert epochs(snapshot) == 3


async def test_it_is_a_task_and_a_future() -> None:
    run = sx.train(some_net(), some_data(), 3)

    assert isinstance(run, asyncio.Task)
    assert asyncio.isfuture(run)
    assert run in asyncio.all_tasks()
    assert run.get_loop() is asyncio.get_running_loop()
    await run


async def test_it_can_be_awaited_twice_and_by_many() -> None:
    run = sx.train(some_net(), some_data(), 3)

    async def wait() -> Any:
        return await run

    first, second = await asyncio.gather(wait(), wait())

    assert first is second is await run


async def test_gather_gives_all_results_in_order() -> None:
    nets = [some_net(seed=seed) for seed in range(3)]

    snapshots = await asyncio.gather(*(sx.train(net, some_data(), 2) for net in nets))

    assert snapshots == [net.value for net in nets]


async def test_wait_tells_the_ended_from_the_others() -> None:
    short, long = sx.train(some_net(), some_data(), 1), sx.train(some_net(), some_data(), ENDLESS)

    done, pending = await asyncio.wait({short, long}, return_when=asyncio.FIRST_COMPLETED)

    assert (done, pending) == ({short}, {long})
    long.stop()
    await long


async def test_as_completed_gives_the_first_first() -> None:
    held = some_net()
    hold = Hold(held)
    slow, quick = sx.train(held, some_data(), 1), sx.train(some_net(), some_data(), 2)

    got = []
    for earliest in asyncio.as_completed([slow, quick]):
        got.append(epochs(await earliest))
        hold.release()

    assert got == [2, 1]


async def test_wait_for_ends_the_training_when_the_time_is_over() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)
    await begun(net)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(run, 0.01)

    assert run.cancelled()
    assert net.value.training.status == "cancelled"
    await later(Ended(net, run))


async def test_wait_for_gives_the_result_when_there_is_time() -> None:
    net = some_net()

    assert await asyncio.wait_for(sx.train(net, some_data(), 2), LONG) is net.value


async def test_timeout_ends_the_training_when_the_time_is_over() -> None:
    net = some_net()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            run = sx.train(net, some_data(), ENDLESS)
            await run

    await later(Ended(net, run))


async def test_a_failing_sibling_in_a_task_group_ends_the_training() -> None:
    net = some_net()
    runs: list[sx.TrainingRun] = []

    async def train() -> None:
        runs.append(sx.train(net, some_data(), ENDLESS))
        await runs[0]

    async def fail() -> None:
        await begun(net)
        raise ValueError("sibling")

    with pytest.RaisesGroup(pytest.RaisesExc(ValueError, match="sibling")):
        async with asyncio.TaskGroup() as group:
            group.create_task(train())
            group.create_task(fail())

    assert runs[0].cancelled()
    await later(Ended(net, runs[0]))


async def test_a_failing_training_ends_its_siblings_in_a_task_group() -> None:
    net = some_net()
    ended: list[str] = []

    async def sibling() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("sibling")
            raise

    async def train() -> None:
        hold = Hold(net)
        run = sx.train(net, some_data(), ENDLESS)
        await hold.arrives()
        net.reset(sx.mlp([5, 4], "softmax").value)
        hold.release()
        await run

    with pytest.RaisesGroup(ShapeError):
        async with asyncio.TaskGroup() as group:
            group.create_task(sibling())
            group.create_task(train())

    assert ended == ["sibling"]


async def test_shield_keeps_the_training_going() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(run), 0.01)

    assert not run.done()
    await begun(net)
    run.stop()
    assert (await run).training.status == "stopped"


async def test_cancelling_whoever_awaits_it_cancels_it() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)

    async def wait() -> Any:
        return await run

    waiting = asyncio.ensure_future(wait())
    await begun(net)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert run.cancelled()
    await later(Ended(net, run))


async def test_cancel_means_that_it_has_stopped_when_the_await_returns() -> None:
    net = some_net()
    hold = Hold(net)
    run = sx.train(net, some_data(), ENDLESS)
    await hold.arrives()

    assert run.cancel()
    assert not run.done()
    assert not run.cancelled()
    await asyncio.sleep(0)
    assert not run.done()  # the thread is still held in a watch
    hold.release()
    with pytest.raises(asyncio.CancelledError):
        await run

    assert run.cancelled()
    assert epochs(net.value) == 1
    assert net.value.training.status == "cancelled"
    await later(Ended(net, run))


async def test_the_message_of_cancel_reaches_who_awaits() -> None:
    run = sx.train(some_net(), some_data(), ENDLESS)
    await asyncio.sleep(0)

    run.cancel("enough")

    with pytest.raises(asyncio.CancelledError, match="enough"):
        await run


async def test_cancelling_before_the_loop_had_a_turn_waits_for_the_thread_as_well() -> None:
    net = some_net()
    hold = Hold(net)
    run = sx.train(net, some_data(), ENDLESS)
    hold.arrive()  # on purpose without giving the loop a turn

    run.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not run.done()
    hold.release()

    with pytest.raises(asyncio.CancelledError):
        await run
    await later(Ended(net, run))


async def test_cancelled_again_and_again_it_still_waits_for_the_thread() -> None:
    net = some_net()
    hold = Hold(net)
    run = sx.train(net, some_data(), ENDLESS)
    await hold.arrives()

    for _ in range(5):
        run.cancel()
        await asyncio.sleep(0)
        assert not run.done()
    hold.release()

    with pytest.raises(asyncio.CancelledError):
        await run


async def test_cancelling_a_finished_run_does_nothing() -> None:
    net = some_net()
    run = sx.train(net, some_data(), 1)
    snapshot = await run

    assert not run.cancel()
    assert not run.stop()
    assert net.value is snapshot
    assert await run is snapshot


async def test_cancel_from_another_thread_wakes_the_loop() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)
    await begun(net)

    assert await asyncio.to_thread(run.cancel)

    with pytest.raises(asyncio.CancelledError):
        await run
    await later(Ended(net, run))


async def test_a_watch_that_cancels_on_the_last_epoch_is_not_too_late() -> None:
    net = some_net()
    hold = Hold(net)
    run = sx.train(net, some_data(), 2)
    await hold.arrives()
    net.add_watch("cancel", lambda key, atom, old, new: epochs(new) == 2 and run.cancel())
    hold.release()

    with pytest.raises(asyncio.CancelledError):
        await run

    assert epochs(net.value) == 2
    assert net.value.training.status == "cancelled"


async def test_stop_gives_the_last_snapshot_and_no_exception() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)
    await begun(net)

    assert run.stop()
    snapshot = await run

    assert snapshot is net.value
    assert snapshot.training.status == "stopped"
    await later(Ended(net, run))


async def test_the_loop_goes_on_while_training() -> None:
    net = some_net()
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    ticker = asyncio.ensure_future(tick())
    run = sx.train(net, some_data(), ENDLESS)
    before = -1
    async for snapshot in run:
        assert ticks > before
        before = ticks
        if epochs(snapshot) >= 10 and ticks >= 100:
            break
    ticker.cancel()

    run.stop()
    assert epochs(await run) >= 10


async def test_training_goes_on_while_the_loop_stands_still() -> None:
    net = some_net()
    over = threading.Event()
    net.add_watch("over", lambda key, atom, old, new: new.training.status == "done" and over.set())
    run = sx.train(net, some_data(), 5)

    assert over.wait(LONG)  # blocks the loop

    assert epochs(net.value) == 5
    assert await run is net.value


async def test_result_on_the_loops_thread_is_refused_with_advice() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)

    for ask in (run.result, run.exception, run.wait, lambda: sx.deref(run)):
        with pytest.raises(asyncio.InvalidStateError, match="use `await run`"):
            ask()

    run.stop()
    await run
    assert run.result() is net.value
    assert run.exception() is None
    assert run.wait()


async def test_result_in_a_thread_beside_the_loop_waits() -> None:
    net = some_net()
    run = sx.train(net, some_data(), 3)

    assert await asyncio.to_thread(run.result, LONG) is net.value


async def test_a_failing_training_raises_with_its_traceback_and_a_note() -> None:
    net = some_net()
    hold = Hold(net)
    run = sx.train(net, some_data(), ENDLESS)
    await hold.arrives()
    net.reset(sx.mlp([5, 4], "softmax").value)
    hold.release()

    with pytest.raises(ShapeError) as caught:
        await run

    assert any("the network keeps what was published last" in note for note in caught.value.__notes__)
    assert "adopt" in [entry.name for entry in caught.traceback]


@pytest.mark.parametrize("plain", [False, True], ids=["on a loop", "in plain code"])
def test_a_failing_run_that_nobody_asks_is_logged(plain: bool, caplog: pytest.LogCaptureFixture) -> None:
    logged = threading.Event()

    class Listen(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "never retrieved" in record.getMessage():
                logged.set()

    listener = Listen()
    logging.getLogger("asyncio").addHandler(listener)
    net = some_net()
    hold = Hold(net)

    def train_and_forget() -> None:
        sx.train(net, some_data(), ENDLESS)
        hold.arrive()
        net.reset(sx.mlp([5, 4], "softmax").value)
        hold.release()

    async def on_a_loop() -> None:
        train_and_forget()
        async for snapshot in net.stream():
            if snapshot.training.status == "failed":
                break
        while not logged.is_set():
            await asyncio.sleep(0)

    if plain:
        train_and_forget()
    else:
        asyncio.run(on_a_loop())

    assert logged.wait(LONG)
    logging.getLogger("asyncio").removeHandler(listener)


def test_a_failure_that_was_seen_by_result_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    net = some_net()
    hold = Hold(net)
    run = sx.train(net, some_data(), 777)
    hold.arrive()
    net.reset(sx.mlp([5, 4], "softmax").value)
    hold.release()

    assert isinstance(run.exception(LONG), ShapeError)
    del run
    let_go()

    assert "1/777" not in caplog.text


async def test_a_forgotten_run_trains_on_to_its_end() -> None:
    net = some_net()
    sx.train(net, some_data(), 5)
    gc.collect()

    async for snapshot in net.stream():
        gc.collect()
        if snapshot.training.status == "done":
            break

    assert epochs(net.value) == 5


def test_a_run_forgotten_in_plain_code_trains_on_to_its_end() -> None:
    net = some_net()
    told, over = Told(net), threading.Event()
    net.add_watch("over", lambda key, atom, old, new: new.training.status == "done" and over.set())

    sx.train(net, some_data(), 5)
    gc.collect()

    assert over.wait(LONG)
    assert told.epochs == [0, 1, 2, 3, 4, 5]


def test_asyncio_run_ends_what_is_still_in_training() -> None:
    net = some_net()
    runs: list[sx.TrainingRun] = []

    async def main() -> None:
        runs.append(sx.train(net, some_data(), ENDLESS))
        await begun(net)

    asyncio.run(main())

    assert runs[0].cancelled()
    assert net.value.training.status == "cancelled"
    Ended(net, runs[0]).check()


def test_asyncio_run_ends_what_never_had_a_turn() -> None:
    net = some_net()
    runs: list[sx.TrainingRun] = []

    async def main() -> None:
        runs.append(sx.train(net, some_data(), ENDLESS))

    asyncio.run(main())

    assert runs[0].cancelled()
    Ended(net, runs[0]).check()


def test_asyncio_run_may_end_at_the_very_moment_training_does(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        sx.train(xor_net(), xor(), 1)

    for _ in range(50):
        asyncio.run(main())
    gc.collect()

    assert caplog.text == ""


def test_many_runs_of_one_loop_are_all_ended_with_it() -> None:
    nets = [some_net(seed=seed) for seed in range(5)]

    async def main() -> list[sx.TrainingRun]:
        runs = [sx.train(net, some_data(), ENDLESS) for net in nets]
        await begun(nets[0])
        return runs

    assert all(run.cancelled() for run in asyncio.run(main()))


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
async def test_eager_tasks_may_await_it() -> None:
    factory = getattr(asyncio, "eager_task_factory")  # noqa: B009
    asyncio.get_running_loop().set_task_factory(factory)
    net = some_net()

    async def train() -> Any:
        return await sx.train(net, some_data(), 2)

    assert await asyncio.create_task(train()) is net.value


async def test_debug_mode_finds_nothing_to_complain_of(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = LONG
    net = some_net()

    run = sx.train(net, some_data(), ENDLESS)
    await begun(net)
    await asyncio.to_thread(run.cancel)
    with pytest.raises(asyncio.CancelledError):
        await run

    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
