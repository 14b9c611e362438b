"""Runs under anyio's scopes, on asyncio and on trio."""

from __future__ import annotations

import anyio
import pytest
import trio

import synapse_rx as sx
from tests.trainer.tools import ENDLESS, LONG, Hold, epochs, some_data, some_net, xor, xor_net


async def test_move_on_after_ends_the_training_and_goes_on_behind_the_block() -> None:
    net = some_net()

    with anyio.move_on_after(0.05) as scope:
        run = sx.train(net, some_data(), ENDLESS)
        await run

    assert scope.cancelled_caught
    assert run.cancelled()
    before = net.value
    await sx.train(xor_net(), xor(), 20)
    assert net.value is before


async def test_fail_after_raises_a_timeout() -> None:
    with pytest.raises(TimeoutError):
        with anyio.fail_after(0.05):
            await sx.train(some_net(), some_data(), ENDLESS)


async def test_a_run_awaited_in_a_task_group_ends_with_its_scope() -> None:
    net = some_net()
    hold = Hold(net)
    runs: list[sx.TrainingRun] = []

    async def train() -> None:
        runs.append(sx.train(net, some_data(), ENDLESS))
        await runs[0]

    async with anyio.create_task_group() as group:
        group.start_soon(train)
        await hold.arrives()
        group.cancel_scope.cancel()
        hold.release()

    assert runs[0].cancelled()


async def test_a_failing_sibling_in_a_task_group_ends_the_training() -> None:
    net = some_net()
    hold = Hold(net)
    runs: list[sx.TrainingRun] = []

    async def train() -> None:
        runs.append(sx.train(net, some_data(), ENDLESS))
        await runs[0]

    async def fail() -> None:
        await hold.arrives()
        hold.release()
        raise ValueError("sibling")

    with pytest.RaisesGroup(ValueError):
        async with anyio.create_task_group() as group:
            group.start_soon(train)
            group.start_soon(fail)

    assert runs[0].cancelled()


async def test_a_shielded_scope_lets_it_finish() -> None:
    net = some_net()

    with anyio.move_on_after(0.0):
        with anyio.CancelScope(shield=True):
            await sx.train(net, some_data(), 3)

    assert epochs(net.value) == 3


async def test_a_nested_scope_knows_its_own_cancellation() -> None:
    net = some_net()

    with anyio.move_on_after(LONG) as outer:
        with anyio.move_on_after(0.05) as inner:
            await sx.train(net, some_data(), ENDLESS)

    assert inner.cancelled_caught
    assert not outer.cancelled_caught


def test_under_trio_await_explains_itself_and_the_recipe_works() -> None:
    net = some_net()

    async def main() -> None:
        run = sx.train(net, some_data(), 3)
        with pytest.raises(RuntimeError, match="under trio"):
            await run
        assert await anyio.to_thread.run_sync(run.result, abandon_on_cancel=True) is net.value

    trio.run(main)


def test_under_trio_a_scope_may_give_up_waiting_and_training_goes_on() -> None:
    net = some_net()

    async def main() -> sx.TrainingRun:
        run = sx.train(net, some_data(), ENDLESS)
        with trio.move_on_after(0.05) as scope:
            await anyio.to_thread.run_sync(run.result, abandon_on_cancel=True)
        assert scope.cancelled_caught
        return run

    run = trio.run(main)

    assert not run.done()
    run.stop()
    assert run.result(LONG) is net.value
