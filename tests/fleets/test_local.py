"""Trainings in processes of their own are used as those at home are."""

from __future__ import annotations

import asyncio
import os
from itertools import pairwise

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import AlreadyTraining, Diverged, FleetError, OptionError, ShapeError, UnknownNameError
from tests.fleets.tools import learnt, process_of, reached
from tests.trainer.tools import ENDLESS, LONG, diverging_net, epochs, some_data, some_net


def test_it_learns_what_it_would_at_home(fleet: sx.Fleet) -> None:
    here, there = some_net("adam", seed=4), some_net("adam", seed=4)

    at_home = sx.deref(sx.train(here, some_data(), 4), LONG)
    away = sx.deref(fleet.train(there, some_data(), 4), LONG)

    assert away is there.value
    assert away.training.status == "done"
    assert away.arch is there.value.arch
    np.testing.assert_allclose(away.params.flat, at_home.params.flat, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(away.training.stats.loss, at_home.training.stats.loss, rtol=1e-4)
    assert away.training.state.slots.keys() == at_home.training.state.slots.keys()


def test_watches_hear_one_unbroken_history(fleet: sx.Fleet) -> None:
    net, told = some_net(), []
    net.add_watch("tell", lambda key, cell, old, new: told.append((old, new)))

    run = fleet.train(net, some_data(), 30)
    assert net.value.training.status == "training"
    last = run.result(LONG)

    assert all(new is old for (_, new), (old, _) in pairwise(told))
    lengths = [epochs(new) for _, new in told]
    assert lengths == sorted(lengths)
    assert lengths[-1] == len(last.training.stats.loss) == 30
    assert list(net.watches) == ["tell"]
    assert run.epochs_done == 30


async def test_a_swap_is_forwarded_and_confirmed(fleet: sx.Fleet) -> None:
    net = some_net()
    run = fleet.train(net, some_data(), ENDLESS)

    net.swap(sx.with_learning_rate, 0.0625)
    await run.confirmed()
    snapshot = await run.snapshot()
    await asyncio.to_thread(learnt, net, epochs(snapshot) + 2)
    assert run.stop()
    last = await run

    assert last.training.status == "stopped"
    assert last.training.algorithm.learning_rate == 0.0625
    assert last.training.stats.learning_rate[-1] == 0.0625
    assert "learning_rate" in [event.what for event in last.training.stats.events]


async def test_a_snapshot_on_demand_is_of_one_piece(fleet: sx.Fleet) -> None:
    net, data = some_net("adam"), some_data()
    run = fleet.train(net, data, ENDLESS)
    await asyncio.to_thread(learnt, net, 1)

    snapshot = await run.snapshot()
    assert snapshot.params != some_net("adam").value.params
    # Whoever goes on from it gets what the run gets.
    run.cancel()
    again = sx.atom(sx.with_learning_rate(snapshot, 0.001))
    assert epochs(await sx.train(again, data, 1)) == epochs(snapshot) + 1


def test_pausing_resuming_and_stopping_take_the_cell(fleet: sx.Fleet) -> None:
    net = some_net()
    run = fleet.train(net, some_data(), ENDLESS)
    learnt(net, 2)

    assert sx.pause_training(net)
    run.confirmed().result(LONG)
    assert run.status == "paused"
    with pytest.raises(AlreadyTraining):
        sx.train(net, some_data(), 1)
    before = epochs(run.snapshot().result(LONG))
    assert sx.resume_training(net)
    learnt(net, before + 1)
    assert sx.stop_training(net)

    assert run.result(LONG).training.status == "stopped"
    assert [e.what for e in net.value.training.stats.events][:1] == ["paused"]


async def test_cancelling_the_await_ends_the_training_there(fleet: sx.Fleet) -> None:
    net = some_net()
    run = fleet.train(net, some_data(), ENDLESS)
    await asyncio.to_thread(learnt, net, 1)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(run, 0.01)

    assert run.cancelled()
    last = net.value
    assert last.training.status == "cancelled"
    # The worker does what it is told in order: nothing of the run is left there.
    await fleet.train(some_net(), some_data(), 1)
    assert net.value is last


def test_what_diverges_there_is_raised_here(fleet: sx.Fleet) -> None:
    net = diverging_net()
    run = fleet.train(net, some_data(), 5)

    with pytest.raises(Diverged) as found:
        run.result(LONG)

    assert (found.value.epoch, net.value.training.status) == (0, "failed")
    assert any("local worker" in note for note in found.value.__notes__)


def test_what_is_wrong_is_raised_at_once(fleet: sx.Fleet) -> None:
    net = some_net()
    before = net.value
    data = some_data()

    with pytest.raises(ShapeError):
        fleet.train(sx.mlp([9, 4], ["softmax"]), data, 1)
    with pytest.raises(OptionError, match="stream of batches"):
        fleet.train(net, sx.stream_set(lambda epoch: [], batch=4), 1)  # pyright: ignore[reportArgumentType]
    with pytest.raises(OptionError, match="function of your own"):
        fleet.train(net, some_data(augment=lambda x, rng: x), 1)
    with pytest.raises(UnknownNameError, match="engine"):
        sx.fleet("rya")
    with pytest.raises(OptionError, match="processes"):
        sx.fleet(processes=0)
    with pytest.raises(FleetError, match="new"):
        sx.fleet("local").train(net, data, 1)
    assert net.value is before


def test_a_population_is_trained_on_it_unchanged(fleet: sx.Fleet) -> None:
    population = sx.population([some_net("adam", seed=seed) for seed in range(6)], train=fleet.train)
    learnt_of = dict.fromkeys(population, 0)

    async def follow() -> None:
        async for news in population.train(some_data(), 5, at_once=4):
            learnt_of[news.name] += len(news.epochs)

    asyncio.run(follow())

    assert set(learnt_of.values()) == {5}
    assert population.best() in population


def test_an_early_stop_and_a_strict_watch_end_what_is_elsewhere(fleet: sx.Fleet) -> None:
    net, strict = some_net(), some_net()
    stopping = sx.EarlyStopping("loss", patience=1, min_delta=1e9)
    stopping.attach(net)

    def fails(key: str, cell: object, old: object, new: object) -> None:
        raise ValueError("no")

    run = fleet.train(net, some_data(), ENDLESS)
    strict.add_watch("fails", fails)
    other = fleet.train(strict, some_data(), ENDLESS, strict=True)

    assert run.result(LONG).training.status == "stopped"
    with pytest.raises(sx.errors.WatchError):
        other.result(LONG)


def test_workers_come_and_go_and_nothing_is_learnt_twice(fleet: sx.Fleet) -> None:
    nets = [some_net("adam", seed=seed) for seed in range(4)]
    runs = [fleet.train(net, some_data(), 300) for net in nets]
    for net in nets:
        learnt(net, 1)
    before = fleet.workers

    gone = fleet.remove(runs[0].worker).result(LONG)
    assert fleet.workers == tuple(name for name in before if name != gone)
    came = fleet.add().result(LONG)
    assert came in fleet.workers
    lasts = [run.result(LONG) for run in runs]

    undisturbed = fleet.train(some_net("adam", seed=0), some_data(), 300).result(LONG)
    assert {epochs(last) for last in lasts} == {300}
    assert lasts[0].params == undisturbed.params
    assert all(not run.losses for run in runs)


@pytest.mark.skipif(os.name != "posix", reason="there are no such signals")
def test_a_killed_worker_is_replaced_and_its_runs_go_on(fleet: sx.Fleet) -> None:
    nets = [some_net("adam", seed=seed) for seed in range(4)]
    runs = [fleet.train(net, some_data(), 300) for net in nets]
    for net in nets:
        learnt(net, 2)
    lost = runs[0].worker

    os.kill(process_of(fleet, runs[0]), 9)
    lasts = [run.result(LONG) for run in runs]

    undisturbed = fleet.train(some_net("adam", seed=0), some_data(), 300).result(LONG)
    assert {epochs(last) for last in lasts} == {300}
    assert lasts[0].params == undisturbed.params
    (loss,) = runs[0].losses
    assert str(lost) in str(loss)
    assert "signal 9" in str(loss)
    events = [e for e in lasts[0].training.stats.events if e.what == "worker"]
    assert [str(loss) in event.detail for event in events] == [True]


def test_data_are_sent_once_to_each_worker(fleet: sx.Fleet) -> None:
    data = some_data(seed=99)
    runs = [fleet.train(some_net(seed=seed), some_data(seed=99), 1) for seed in range(6)]
    for run in runs:
        run.result(LONG)

    keys = {run._mirror.data for run in runs}
    assert keys == {fleet._placing.shelf.key(data)}
    assert all(keys <= keeper.placed for keeper in fleet._placing.roster.workers)
    assert reached(runs[0].net, lambda net: net.training.status == "done")


def test_what_is_over_answers_at_once(fleet: sx.Fleet) -> None:
    run = fleet.train(some_net(), some_data(), 2)
    last = run.result(LONG)

    assert run.snapshot().result(LONG) is last
    assert run.confirmed().result(LONG) is None
    assert run.behind == 0
    closed = sx.fleet()
    assert closed.close().result(LONG) is closed.close().result(LONG) is None
