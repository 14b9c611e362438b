"""The run as an object: asked, waited for and steered from plain code and from any thread."""

from __future__ import annotations

import asyncio
import logging
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.errors import AlreadyTraining, Diverged, WatchError
from tests.trainer.tools import (
    ENDLESS,
    LONG,
    Hold,
    diverging_net,
    epochs,
    let_go,
    some_data,
    some_epochs,
    some_net,
    xor,
    xor_net,
)


def test_it_knows_its_net_and_its_epochs() -> None:
    net = some_net()

    run = sx.train(net, some_data(), 4)

    assert run.net is net
    assert run.epochs == 4
    run.wait(LONG)
    assert run.epochs_done == 4
    assert run.status == "done"


def test_result_waits_and_gives_the_last_snapshot() -> None:
    net = some_net()
    run = sx.train(net, some_data(), 2)

    assert run.result() is net.value
    assert run.result(timeout=0) is net.value


def test_result_raises_when_the_time_is_over_and_training_goes_on() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)

    with pytest.raises(TimeoutError, match="it goes on"):
        run.result(timeout=0.01)

    some_epochs(net)
    assert not run.done()


def test_deref_has_a_timeout_too() -> None:
    run = sx.train(some_net(), some_data(), ENDLESS)

    with pytest.raises(TimeoutError):
        sx.deref(run, timeout=0.01)


def test_wait_says_whether_it_is_over() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)

    assert not run.wait(0.01)
    run.stop()
    assert run.wait(LONG)
    assert run.wait(0)


def test_many_threads_may_wait_for_one_run() -> None:
    net = some_net()
    run = sx.train(net, some_data(), 3)

    with ThreadPoolExecutor(8) as pool:
        results = [pool.submit(run.result, LONG) for _ in range(8)]

    assert all(future.result() is net.value for future in results)


def test_a_cancelled_run_raises_from_result_and_exception() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)
    some_epochs(net)

    assert run.cancel()

    with pytest.raises(asyncio.CancelledError):
        run.result(LONG)
    with pytest.raises(asyncio.CancelledError):
        run.exception(LONG)
    assert run.done()
    assert run.cancelled()
    assert run.status == net.value.training.status == "cancelled"


def test_a_failed_run_raises_what_ended_it() -> None:
    run = sx.train(diverging_net(), some_data(), ENDLESS)

    assert isinstance(run.exception(LONG), Diverged)
    with pytest.raises(Diverged):
        run.result(LONG)
    assert not run.cancelled()
    assert run.status == "failed"


def test_wait_alone_does_not_hide_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    run = sx.train(diverging_net(), some_data(), 773)
    logged = threading.Event()

    class Listen(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "/773 epochs" in record.getMessage():
                logged.set()

    listener = Listen()
    logging.getLogger("asyncio").addHandler(listener)

    assert run.wait(LONG)
    del run
    assert logged.wait(LONG)
    logging.getLogger("asyncio").removeHandler(listener)


def test_done_is_right_on_every_thread_at_once() -> None:
    for _ in range(50):
        run = sx.train(xor_net(), xor(), 1)
        run.result(LONG)

        assert run.done()
        assert not run.cancelled()


def test_a_done_callback_may_be_added_in_plain_code_before_and_after_the_end() -> None:
    before, after = threading.Event(), threading.Event()
    net = some_net()
    hold = Hold(net)
    run = sx.train(net, some_data(), 1)

    run.add_done_callback(lambda ended: before.set() if ended is run else None)
    hold.release()
    assert before.wait(LONG)

    run.add_done_callback(lambda ended: after.set())
    assert after.wait(LONG)


def test_it_shows_where_it_stands() -> None:
    net, data = some_net(), some_data()
    hold = Hold(net, lambda new: epochs(new) == 2)
    run = sx.train(net, data, 5)
    waiting = sx.train(net, data, 1, if_running="queue")
    hold.arrive()

    assert repr(run).startswith("<TrainingRun 2/5 epochs, loss ")
    assert repr(run).endswith(" epochs/s>")
    assert repr(waiting) == "<TrainingRun 0/1 epochs, queued>"

    run.pause()
    assert repr(run).endswith(", paused>")
    waiting.cancel()
    assert repr(waiting) == "<TrainingRun 0/1 epochs, cancelled>"
    hold.release()
    run.stop()
    run.wait(LONG)
    assert repr(run).endswith(", stopped>")


@pytest.mark.parametrize("ending", ["done", "cancelled", "failed"])
def test_it_shows_how_it_ended(ending: str) -> None:
    net = diverging_net() if ending == "failed" else some_net()
    run = sx.train(net, some_data(), 2 if ending == "done" else ENDLESS)
    if ending == "cancelled":
        run.cancel()
    run.wait(LONG)
    run.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    assert repr(run).endswith(f", {ending}>")


def test_it_shows_itself_before_the_first_epoch() -> None:
    net = some_net()
    hold = Hold(net, lambda new: True)
    starting = threading.Thread(target=sx.train, args=(net, some_data(), 2))
    starting.start()
    hold.arrive()

    with pytest.raises(AlreadyTraining) as caught:
        sx.train(net, some_data(), 1)

    assert repr(caught.value.run) == "<TrainingRun 0/2 epochs>"
    hold.release()
    starting.join(LONG)
    assert epochs(caught.value.run.result(LONG)) == 2


def test_what_watches_raise_is_kept_logged_once_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    net = some_net()

    def fail(key: Any, atom: Any, old: Any, new: Any) -> None:
        raise ValueError("no")

    net.add_watch("bad", fail)
    run = sx.train(net, some_data(), 4)

    assert epochs(run.result(LONG)) == 4
    assert [str(error) for error in run.watch_errors] == ["no"] * 5
    assert caplog.text.count("a watch failed") == 1
    assert "ValueError: no" in caplog.text


def test_watch_errors_of_another_kind_are_logged_as_well(caplog: pytest.LogCaptureFixture) -> None:
    net = some_net()

    def fail(key: Any, atom: Any, old: Any, new: Any) -> None:
        raise ValueError(f"epoch {epochs(new)}")

    net.add_watch("bad", fail)
    sx.train(net, some_data(), 2).result(LONG)

    assert caplog.text.count("a watch failed") == 3


def test_strict_lets_a_failing_watch_end_the_training() -> None:
    net = some_net()

    def fail(key: Any, atom: Any, old: Any, new: Any) -> None:
        if epochs(new) == 2:
            raise ValueError("strict")

    net.add_watch("bad", fail)
    run = sx.train(net, some_data(), 5, strict=True)

    with pytest.raises(WatchError) as caught:
        run.result(LONG)
    assert isinstance(caught.value.exceptions[0], ValueError)
    assert epochs(net.value) == 2
    assert net.value.training.status == "failed"


@pytest.mark.parametrize("moment", ["training", "done"])
def test_strict_holds_at_the_start_and_at_the_end(moment: str) -> None:
    net = some_net()

    def fail(key: Any, atom: Any, old: Any, new: Any) -> None:
        if new.training.status == moment:
            raise ValueError(moment)

    net.add_watch("bad", fail)
    run = sx.train(net, some_data(), 2, strict=True)

    with pytest.raises(WatchError):
        run.result(LONG)
    assert net.value.training.status == "failed"


def test_a_watch_may_end_the_process_of_training_with_any_exception() -> None:
    net, other = some_net(), some_net()

    def leave(key: Any, atom: Any, old: Any, new: Any) -> None:
        if epochs(new) == 1:
            raise SystemExit(3)

    net.add_watch("leave", leave)
    run = sx.train(net, some_data(), 5)

    with pytest.raises(SystemExit):
        run.result(LONG)
    assert epochs(sx.train(other, some_data(), 2).result(LONG)) == 2  # the library's loop lives on
    assert epochs(sx.train(other, some_data(), 2).result(LONG)) == 4


def test_waiting_for_itself_in_a_watch_is_refused() -> None:
    net = some_net()
    refused: list[BaseException] = []

    def wait(key: Any, atom: Any, old: Any, new: Any) -> None:
        if epochs(new) == 2 and not refused:
            try:
                run.result()
            except asyncio.InvalidStateError as error:
                refused.append(error)

    net.add_watch("wait", wait)
    hold = Hold(net)
    run = sx.train(net, some_data(), 2)
    hold.release()
    run.result(LONG)

    assert len(refused) == 1
    assert "wait for itself" in str(refused[0])


def test_it_says_on_the_thread_that_trains_that_it_is_over() -> None:
    told: list[threading.Thread] = []
    over = threading.Event()
    net = some_net()
    hold = Hold(net)
    run = sx.train(net, some_data(), 1)
    run.when_over(lambda run: (told.append(threading.current_thread()), over.set()))
    hold.release()
    assert over.wait(LONG)
    run.when_over(lambda run: told.append(threading.current_thread()))

    assert told[0].name == "synapse-rx-train"
    assert told[1] is threading.current_thread()


def test_a_finished_run_keeps_no_working_memory() -> None:
    data = some_data()
    gone = weakref.ref(data)
    run = sx.train(some_net(), data, 1)
    run.result(LONG)
    del data
    let_go()

    assert gone() is None
    assert run.done()


async def test_it_can_be_awaited_on_another_loop_than_its_own() -> None:
    net = some_net()
    run = await asyncio.to_thread(sx.train, net, some_data(), 3)

    assert run.get_loop() is not asyncio.get_running_loop()
    assert await run is net.value
    assert await run is net.value


async def test_a_failure_awaited_on_another_loop_is_raised_there_and_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    run = await asyncio.to_thread(sx.train, diverging_net(), some_data(), 771)

    with pytest.raises(Diverged):
        await run

    del run
    await asyncio.to_thread(let_go)
    assert "/771 epochs" not in caplog.text


async def test_cancelling_who_awaits_on_another_loop_ends_it_and_waits() -> None:
    net = some_net()
    hold = Hold(net)
    run = await asyncio.to_thread(sx.train, net, some_data(), ENDLESS)

    async def wait() -> Any:
        return await run

    waiting = asyncio.ensure_future(wait())
    await hold.arrives()
    for _ in range(3):  # as anyio does it
        waiting.cancel()
        await asyncio.sleep(0)
        assert not waiting.done()
    hold.release()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert run.cancelled()
    assert epochs(net.value) == 1


def test_awaiting_in_a_later_loop_what_an_earlier_one_began() -> None:
    net = some_net()

    async def begin() -> sx.TrainingRun:
        run = sx.train(net, some_data(), 2)
        await run
        return run

    async def wait(run: sx.TrainingRun) -> Any:
        return await run

    run = asyncio.run(begin())

    assert asyncio.run(wait(run)) is net.value


def test_a_loop_that_stands_still_does_not_hide_the_end() -> None:
    net = some_net()

    async def begin() -> sx.TrainingRun:
        return sx.train(net, some_data(), 3)

    with asyncio.Runner() as runner:
        run = runner.run(begin())  # as IPython does it: between cells the loop stands still

        assert run.result(LONG) is net.value
        assert run.done()
        assert run.exception() is None

        async def wait() -> Any:
            return await run

        assert runner.run(wait()) is net.value


def test_a_loop_that_stands_still_does_not_hide_a_cancellation() -> None:
    net = some_net()

    async def begin() -> sx.TrainingRun:
        return sx.train(net, some_data(), ENDLESS)

    with asyncio.Runner() as runner:
        run = runner.run(begin())
        assert not run.done()
        run.cancel()
        run.wait(LONG)

        assert run.done()
        assert run.cancelled()


def test_a_loop_closed_in_mid_run_does_not_stop_the_training() -> None:
    net = some_net()
    loop = asyncio.new_event_loop()

    async def begin() -> sx.TrainingRun:
        return sx.train(net, some_data(), ENDLESS)

    run = loop.run_until_complete(begin())
    loop.close()  # without ending its tasks, as asyncio.run would

    some_epochs(net)
    assert run.stop()
    assert run.result(LONG).training.status == "stopped"
    assert run.done()


def test_a_run_of_a_closed_loop_can_be_cancelled() -> None:
    net = some_net()
    loop = asyncio.new_event_loop()

    async def begin() -> sx.TrainingRun:
        return sx.train(net, some_data(), ENDLESS)

    run = loop.run_until_complete(begin())
    loop.close()

    assert run.cancel()
    assert run.wait(LONG)
    assert run.cancelled()


def test_without_a_loop_await_gives_the_recipe() -> None:
    run = sx.train(some_net(), some_data(), 1)

    with pytest.raises(RuntimeError, match=r"anyio\.to_thread\.run_sync\(run\.result"):
        run.__await__()

    run.result(LONG)
